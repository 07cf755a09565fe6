import { Injectable } from '@nestjs/common';
import type { UserActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { EntraClaims } from '../../entra/verify-entra-token.js';
import { currentContext } from '../../kernel/context/request-context.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { OAuthClient } from '../clients/client-authentication.service.js';
import { LIFETIME } from '../lifetimes.js';
import { SessionsRepository, type StartedSession } from '../sessions/sessions.repository.js';
import type { AccountStanding } from '../tokens/standing.types.js';
import { formatScope } from '../tokens/token-scope.js';

export interface Exchange {
  claims: EntraClaims;
  account: AccountStanding;
  client: OAuthClient;
  scopes: readonly Permission[] | null;
  dpopJkt: string | null;
}

/** The session behind an exchanged token: seen and ended like any other, and over with the token. */
@Injectable()
export class ExchangedSessions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly audit: AuditService,
  ) {}

  /** @returns null when the account no longer stands, or the token of Entra ID has just ended */
  start({ claims, account, client, scopes, dpopJkt }: Exchange): Promise<StartedSession | null> {
    const context = currentContext();
    const { clientId } = client;
    const scope = scopes === null ? null : formatScope(scopes);
    return this.transactions.run(async (tx) => {
      const session = await this.sessions.insertExchanged(tx, {
        userId: account.userId,
        clientId,
        program: client.kind === 'public' ? null : client.account,
        scope,
        dpopJkt,
        entraSessionId: claims.sessionId === null ? null : storableText(claims.sessionId),
        entraSubject: storableText(claims.subject),
        sourceAddress: context?.sourceAddress ?? null,
        userAgent: context?.userAgent == null ? null : storableText(context.userAgent),
        subjectIssuedAt: claims.issuedAt,
        subjectExpiresAt: claims.expiresAt,
        atMostSeconds: LIFETIME.accessTokenSeconds,
      });
      if (session === null) return null;
      const actor: UserActor = {
        type: 'user',
        id: account.userId,
        displayName: account.displayName,
        tenantId: account.tenantId,
        sessionId: session.id,
        scopes,
      };
      await this.audit.record(tx, actor, {
        action: AUTH_ACTIONS['auth.token.issued'],
        tenantId: account.tenantId,
        target: { type: 'session', id: session.id },
        outcome: 'success',
        after: { grant: 'token_exchange', clientId, scope, senderConstrained: dpopJkt !== null },
      });
      return session;
    });
  }
}
