import { Injectable } from '@nestjs/common';
import { systemActor, type UserActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { randomToken } from '../../crypto/digest.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { currentContext } from '../../kernel/context/request-context.js';
import { newId } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { SignedInAccounts } from '../../users/signed-in-accounts.service.js';
import type { SignedInPerson, UserAccount } from '../../users/users.types.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import { RefreshTokensRepository } from '../refresh/refresh-tokens.repository.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { BootstrapAdministrator } from './bootstrap-administrator.service.js';
import type { ProvenSignIn } from './entra-sign-in.service.js';

/** From what Entra proved to a session here: always a new one, never one that was there before (ASVS 7.2.4). */
@Injectable()
export class SessionStart {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly accounts: SignedInAccounts,
    private readonly bootstrap: BootstrapAdministrator,
    private readonly audit: AuditService,
  ) {}

  /** @returns the first refresh token; null when the account is disabled here, which is on record then */
  async start(tx: Transaction, proven: ProvenSignIn): Promise<string | null> {
    const grants = this.bootstrap.isNamed(proven) && (await this.bootstrap.prepare(tx, proven));
    const user = await this.accounts.record(tx, personOf(proven));
    if (user.status !== 'active') {
      await this.recordRefused(tx, user);
      return null;
    }
    if (grants) await this.bootstrap.grant(tx, user.id);
    const context = currentContext();
    const sessionId = await this.repository.insert(tx, {
      userId: user.id,
      securityStamp: user.securityStamp,
      dpopJkt: proven.dpopJkt,
      entraSubject: storableText(proven.claims.subject),
      entraSessionId: proven.claims.sessionId === null ? null : storableText(proven.claims.sessionId),
      sourceAddress: context?.sourceAddress ?? null,
      userAgent: context?.userAgent == null ? null : storableText(context.userAgent),
    });
    const refreshToken = randomToken();
    await this.refreshTokens.insert(tx, { id: newId(), token: refreshToken, sessionId, familyId: newId() });
    const actor: UserActor = {
      type: 'user',
      id: user.id,
      displayName: user.displayName,
      tenantId: user.tenantId,
      sessionId,
      scopes: null,
    };
    const { replacesSessionId } = proven;
    if (replacesSessionId !== null) await this.sessions.end(tx, actor, replacesSessionId, 'replaced_by_new_sign_in');
    await this.audit.record(tx, actor, {
      action: AUTH_ACTIONS['auth.session.started'],
      tenantId: user.tenantId,
      target: { type: 'session', id: sessionId },
      outcome: 'success',
    });
    return refreshToken;
  }

  private recordRefused(tx: Transaction, user: UserAccount): Promise<void> {
    return this.audit.record(tx, systemActor('sign-in'), {
      action: AUTH_ACTIONS['auth.session.refused'],
      tenantId: user.tenantId,
      target: { type: 'user', id: user.id, displayName: user.displayName },
      outcome: 'denied',
      reason: 'user_disabled',
    });
  }
}

function personOf({ claims, tenant }: ProvenSignIn): SignedInPerson {
  const storable = (text: string | null) => (text === null ? null : storableText(text));
  return {
    tenantId: tenant.id,
    objectId: claims.objectId,
    displayName: storableText(claims.name ?? claims.preferredUsername ?? claims.objectId),
    userPrincipalName: storable(claims.preferredUsername),
    email: storable(claims.email),
  };
}
