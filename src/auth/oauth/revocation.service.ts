import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { OAuthClient } from '../clients/client-authentication.service.js';
import type { KnownRefreshToken } from '../refresh/refresh-tokens.repository.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { StandingsRepository } from '../tokens/standings.repository.js';
import { TokenFacts } from './token-facts.service.js';

/**
 * Revocation (RFC 7009). A client revokes what was issued to it; of anything else nothing happens, and the answer is the same.
 * What can't be written down is never said to be done.
 */
@Injectable()
export class Revocation {
  constructor(
    private readonly facts: TokenFacts,
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly standings: StandingsRepository,
    private readonly audit: AuditService,
  ) {}

  /** @throws DomainError service.unavailable, and then the client must take the token to be as good as before (RFC 7009 2.2.1) */
  async revoke(client: OAuthClient, token: string): Promise<void> {
    const refresh = await this.facts.ofRefreshToken(token);
    if (refresh !== null) {
      if (refresh.clientId === client.clientId) await this.endSession(client, refresh);
      return;
    }
    const access = await this.facts.ofAccessToken(token);
    if (access === null || access.claims.clientId !== client.clientId) return;
    const { claims, actor } = access;
    await this.transactions.run(async (tx) => {
      await this.standings.revoke(tx, claims.jti, claims.expiresAt);
      await this.standings.deleteExpired(tx);
      await this.audit.record(tx, actorOf(client) ?? actor, {
        action: AUTH_ACTIONS['auth.token.revoked'],
        tenantId: actor.tenantId,
        target: { type: 'access-token', id: claims.jti },
        outcome: 'success',
        before: { subjectType: actor.type, subjectId: actor.id, clientId: client.clientId },
      });
    });
  }

  /** A refresh token stands for its session: with it go all tokens of its family, and the access tokens (RFC 7009 2.1). */
  private async endSession(client: OAuthClient, token: KnownRefreshToken): Promise<void> {
    const reason = 'token_revoked';
    const { userId, tenantId, sessionId, displayName } = token;
    const owner: CallerActor = { type: 'user', id: userId, displayName, tenantId, sessionId, scopes: null };
    await this.transactions.run(async (tx) => {
      const ended = await this.sessions.end(tx, sessionId, reason);
      if (ended === null) return;
      await this.audit.record(tx, actorOf(client) ?? owner, {
        action: AUTH_ACTIONS['auth.session.ended'],
        tenantId,
        target: { type: 'session', id: sessionId },
        outcome: 'success',
        reason,
        before: { userId },
      });
    });
  }
}

/** Null for the public client: nobody is behind it but the holder of the token. */
function actorOf(client: OAuthClient): CallerActor | null {
  if (client.kind === 'public') return null;
  const { id, name, tenantId } = client.account;
  return { type: 'service_account', id, displayName: name, tenantId, scopes: null };
}
