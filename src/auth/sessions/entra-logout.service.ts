import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { oauthError } from '../oauth/oauth.errors.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { UsedProofs } from '../used-proofs.repository.js';
import { LogoutTokens, type VerifiedLogout } from './logout-tokens.service.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

const REASON = 'signed_out_at_entra';

/** Somebody signed out at Entra ID: what began there ends here. */
@Injectable()
export class EntraLogout {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly usedProofs: UsedProofs,
    private readonly logoutTokens: LogoutTokens,
    private readonly refused: RefusedCredentials,
  ) {}

  /**
   * OpenID Connect Front-Channel Logout 1.0, 3: the session id that only Entra and we know is the credential.
   *
   * @param issuer when Entra says it, only sessions of that tenant are meant
   */
  async byFrame(sessionId: string, issuer: string | null): Promise<void> {
    const tenant = issuer === null ? null : await this.logoutTokens.tenantOf(issuer);
    if (issuer !== null && tenant === null) return;
    await this.transactions.run((tx) => this.end(tx, tenant?.id ?? null, sessionId, null));
  }

  /**
   * OpenID Connect Back-Channel Logout 1.0, 2.5 and 2.6.
   *
   * @throws DomainError oauth.invalid_request; entra.authority_unavailable when it can't be checked now
   */
  async byToken(logoutToken: string): Promise<void> {
    try {
      const logout = await this.logoutTokens.verify(logoutToken);
      // The use and what it ends are one: if this fails, the same token may come again.
      await this.transactions.run((tx) => this.use(tx, logout));
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'invalid') this.refused.count(error.code);
      throw error;
    }
  }

  private async use(tx: Transaction, logout: VerifiedLogout): Promise<void> {
    const { issuer, jti, refusedFrom, tenant, sessionId, subject } = logout;
    if (!(await this.usedProofs.take(tx, 'logout-token', issuer, jti, refusedFrom))) {
      throw oauthError('oauth.invalid_request', { detail: 'The logout token was used before.' });
    }
    await this.end(tx, tenant.id, sessionId, subject);
  }

  private async end(
    tx: Transaction,
    tenantId: string | null,
    sessionId: string | null,
    subject: string | null,
  ): Promise<void> {
    const storable = (text: string | null) => (text === null ? null : storableText(text));
    const entra = { tenantId, sessionId: storable(sessionId), subject: storable(subject) };
    for (const session of await this.repository.endByEntra(tx, entra, REASON)) {
      await this.sessions.recordEndedByOwner(tx, session, REASON);
    }
  }
}
