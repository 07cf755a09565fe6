import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { METRIC } from '../../observability/metrics.js';
import { authError } from '../auth.errors.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { type BegunSignIn, EntraSignIn, type SignInWish } from './entra-sign-in.service.js';
import type { CallbackAnswer } from './read-callback.js';
import { SessionStart } from './session-start.service.js';

export interface CompletedSignIn {
  refreshToken: string;
  returnTo: string;
}

/** Sign-in from the first request to the session, with every outcome counted. */
@Injectable()
export class SignInService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly entraSignIn: EntraSignIn,
    private readonly sessionStart: SessionStart,
    private readonly refused: RefusedCredentials,
    @InjectMetric(METRIC.signIns) private readonly signIns: Counter,
  ) {}

  /** @throws DomainError auth.not_configured, auth.tenant_not_allowed, auth.entra_unavailable, auth.too_many_sign_ins */
  async begin(wish: SignInWish): Promise<BegunSignIn> {
    try {
      return await this.entraSignIn.begin(wish);
    } catch (error) {
      throw inOurWords(error);
    }
  }

  /**
   * @param browser value of the sign-in cookie
   * @throws DomainError auth.sign_in_expired, auth.sign_in_refused, auth.id_token_invalid, auth.tenant_not_allowed,
   *   auth.user_disabled, auth.entra_unavailable
   */
  async complete(answer: CallbackAnswer, browser: string | null): Promise<CompletedSignIn> {
    try {
      const proven = await this.entraSignIn.complete(answer, browser);
      const refreshToken = await this.transactions.run((tx) => this.sessionStart.start(tx, proven));
      if (refreshToken === null) throw authError('auth.user_disabled');
      this.signIns.inc({ outcome: 'success' });
      return { refreshToken, returnTo: proven.returnTo };
    } catch (thrown) {
      const error = inOurWords(thrown);
      const outcome = error instanceof DomainError ? error.code : 'failure';
      this.signIns.inc({ outcome });
      if (isRefusal(error)) this.refused.count(error.code);
      throw error;
    }
  }
}

/**
 * That Entra ID or the database is away says nothing against whoever asks, and must cost others of the same address nothing. A
 * disabled account is somebody known, and already on record.
 */
function isRefusal(error: unknown): error is DomainError {
  if (!(error instanceof DomainError) || error.code === 'auth.user_disabled') return false;
  return error.kind === 'unauthenticated' || error.kind === 'denied';
}

const OUR_CODES = {
  'entra.not_configured': 'auth.not_configured',
  'entra.credentials_unusable': 'auth.not_configured',
  'entra.authority_unavailable': 'auth.entra_unavailable',
  'entra.code_refused': 'auth.sign_in_refused',
  'entra.token_invalid': 'auth.id_token_invalid',
} as const;

function inOurWords(error: unknown): unknown {
  if (!(error instanceof DomainError) || !(error.code in OUR_CODES)) return error;
  const { detail, retryAfterSeconds } = error;
  return authError(OUR_CODES[error.code as keyof typeof OUR_CODES], {
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    cause: error,
  });
}
