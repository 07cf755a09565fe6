import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { OAuthClient } from '../clients/client-authentication.service.js';
import type { KnownRefreshToken } from '../refresh/refresh-tokens.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { TokenRevocations } from '../sessions/token-revocations.service.js';
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
    private readonly sessions: SessionsService,
    private readonly revocations: TokenRevocations,
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
    await this.revocations.revoke(actorOf(client) ?? actor, claims, actor);
  }

  /** A refresh token stands for its session: with it go all tokens of its family, and the access tokens (RFC 7009 2.1). */
  private async endSession(client: OAuthClient, token: KnownRefreshToken): Promise<void> {
    const { userId, tenantId, sessionId, displayName } = token;
    const owner: CallerActor = { type: 'user', id: userId, displayName, tenantId, sessionId, scopes: null };
    await this.transactions.run((tx) => this.sessions.end(tx, actorOf(client) ?? owner, sessionId, 'token_revoked'));
  }
}

/** Null for the public client: nobody is behind it but the holder of the token. */
function actorOf(client: OAuthClient): CallerActor | null {
  if (client.kind === 'public') return null;
  const { id, name, tenantId } = client.account;
  return { type: 'service_account', id, displayName: name, tenantId, scopes: null };
}
