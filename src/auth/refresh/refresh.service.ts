import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { isRandomToken } from '../../crypto/digest.js';
import { METRIC } from '../../observability/metrics.js';
import { authError } from '../auth.errors.js';
import type { IssuedTokens } from '../auth.types.js';
import { LIFETIME } from '../lifetimes.js';
import { oauthError } from '../oauth/oauth.errors.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import { formatScope, storedScopes } from '../tokens/token-scope.js';
import { type RefreshPresenter, RefreshRotation, type RotationOutcome } from './refresh-rotation.service.js';

/** Some 150 bytes each. */
const MAX_RECENT = 20_000;

type Refusal = Exclude<RotationOutcome['kind'], 'rotated' | 'repeated'>;

const REFUSALS = {
  invalid: () => authError('auth.refresh_invalid'),
  expired: () => authError('auth.refresh_invalid'),
  ended: () => authError('auth.session_ended'),
  superseded: () => authError('auth.refresh_superseded'),
  reused: () => authError('auth.refresh_reused'),
  scope_too_wide: () => oauthError('oauth.invalid_scope', { detail: 'The scope is wider than that of the session.' }),
} satisfies Record<Refusal, () => Error>;

/** A refresh token in, an access token and the next refresh token out. */
@Injectable()
export class RefreshService {
  /** Refreshes under way. One token in many hands at once costs one rotation, and doesn't fill the pool with waiters for a row. */
  private readonly underWay = new Map<string, Promise<RotationOutcome>>();
  /** Refreshes that were answered within the grace, to performance.now() of its end. */
  private readonly recent = new Map<string, number>();

  constructor(
    private readonly rotation: RefreshRotation,
    private readonly accessTokens: AccessTokens,
    private readonly credentials: RefusedCredentials,
    @InjectMetric(METRIC.refreshes) private readonly refreshes: Counter,
    @InjectMetric(METRIC.refreshReuse) private readonly reuses: Counter,
  ) {}

  /**
   * @throws DomainError auth.refresh_invalid (another client's or another sender's too), auth.refresh_superseded,
   *   auth.refresh_reused, auth.session_ended; oauth.invalid_scope, and then the token is as good as before
   */
  async refresh(token: string, presenter: RefreshPresenter): Promise<IssuedTokens> {
    // A token in another form was never given out; it isn't even looked for.
    const outcome = isRandomToken(token) ? await this.rotateOnce(token, presenter) : ({ kind: 'invalid' } as const);
    this.refreshes.inc({ outcome: outcome.kind });
    if (outcome.kind !== 'rotated' && outcome.kind !== 'repeated') throw REFUSALS[outcome.kind]();
    const { userId, sessionId, scope, dpopJkt, secondsLeft } = outcome.session;
    const scopes = presenter.scopes ?? storedScopes(scope);
    const issued = await this.accessTokens.issue({
      subject: { type: 'user', userId, sessionId },
      clientId: presenter.clientId,
      scopes,
      dpopJkt,
      atMostSeconds: secondsLeft,
    });
    return {
      accessToken: issued.token,
      expiresInSeconds: issued.expiresInSeconds,
      refreshToken: outcome.refreshToken,
      scopes,
      tokenType: dpopJkt === null ? 'Bearer' : 'DPoP',
    };
  }

  private rotateOnce(token: string, presenter: RefreshPresenter): Promise<RotationOutcome> {
    const { clientId, dpopJkt, scopes } = presenter;
    const key = `${token} ${clientId} ${dpopJkt ?? ''} ${scopes === null ? '' : formatScope(scopes)}`;
    const known = this.underWay.get(key);
    if (known !== undefined) return known;
    // One token in many hands is one request: whoever is told to wait beyond the grace would come back as a thief.
    if (!this.isRecent(key)) this.credentials.assertMayAsk();
    const rotating = this.rotate(key, token, presenter);
    this.underWay.set(key, rotating);
    return rotating;
  }

  private async rotate(key: string, token: string, presenter: RefreshPresenter): Promise<RotationOutcome> {
    try {
      const outcome = await this.rotation.rotate(token, presenter);
      // Of all who share it one ended the family.
      if (outcome.kind === 'reused') this.reuses.inc();
      if (outcome.kind === 'rotated' || outcome.kind === 'repeated') this.noteRecent(key);
      return outcome;
    } finally {
      this.underWay.delete(key);
    }
  }

  private isRecent(key: string): boolean {
    return (this.recent.get(key) ?? 0) > performance.now();
  }

  private noteRecent(key: string): void {
    const now = performance.now();
    // In the order of their ends.
    for (const [old, until] of this.recent) {
      if (until > now && this.recent.size < MAX_RECENT) break;
      this.recent.delete(old);
    }
    if (!this.recent.has(key)) this.recent.set(key, now + LIFETIME.refreshGraceSeconds * 1000);
  }
}
