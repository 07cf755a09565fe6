import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { isRandomToken } from '../crypto/digest.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { METRIC } from '../observability/metrics.js';
import { AccessTokens } from './access-tokens.service.js';
import { authError } from './auth.errors.js';
import type { IssuedTokens } from './auth.types.js';
import { LIFETIME } from './lifetimes.js';
import { RefreshRotation } from './refresh-rotation.service.js';

const OUTCOME_ERRORS = {
  invalid: 'auth.refresh_invalid',
  expired: 'auth.refresh_invalid',
  ended: 'auth.session_ended',
  superseded: 'auth.refresh_superseded',
  reused: 'auth.refresh_reused',
} as const;

/** A refresh token in, an access token and the next refresh token out. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rotation: RefreshRotation,
    private readonly accessTokens: AccessTokens,
    @InjectMetric(METRIC.refreshes) private readonly refreshes: Counter,
    @InjectMetric(METRIC.refreshReuse) private readonly reuses: Counter,
  ) {}

  /** @throws DomainError auth.refresh_invalid, auth.refresh_superseded, auth.refresh_reused, auth.session_ended */
  async refresh(token: string): Promise<IssuedTokens> {
    // A token in another form was never given out; it isn't even looked for.
    const outcome = isRandomToken(token)
      ? await this.transactions.run((tx) => this.rotation.rotate(tx, token))
      : ({ kind: 'invalid' } as const);
    this.refreshes.inc({ outcome: outcome.kind });
    if (outcome.kind === 'reused') this.reuses.inc();
    if (outcome.kind !== 'rotated' && outcome.kind !== 'repeated') throw authError(OUTCOME_ERRORS[outcome.kind]);
    const { userId, sessionId, refreshToken } = outcome;
    // After the transaction: signing may read keys, and must not wait for a second connection while holding the first.
    const accessToken = await this.accessTokens.issue({ userId, sessionId });
    return { accessToken, expiresInSeconds: LIFETIME.accessTokenSeconds, refreshToken };
  }
}
