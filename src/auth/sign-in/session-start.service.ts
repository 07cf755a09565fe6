import { Injectable } from '@nestjs/common';
import { systemActor, type UserActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { Settings } from '../../config/settings.js';
import { randomToken } from '../../crypto/digest.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { currentContext } from '../../kernel/context/request-context.js';
import { newId } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { RbacService } from '../../rbac/rbac.service.js';
import { UsersService } from '../../users/users.service.js';
import type { SignedInPerson, UserAccount } from '../../users/users.types.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import { RefreshTokensRepository } from '../refresh/refresh-tokens.repository.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import type { ProvenSignIn } from './entra-sign-in.service.js';

/** From what Entra proved to a session here: always a new one, never one that was there before (ASVS 7.2.4). */
@Injectable()
export class SessionStart {
  constructor(
    private readonly settings: Settings,
    private readonly sessions: SessionsRepository,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly users: UsersService,
    private readonly rbac: RbacService,
    private readonly audit: AuditService,
  ) {}

  /** @returns the first refresh token; null when the account is disabled here, which is on record then */
  async start(tx: Transaction, proven: ProvenSignIn): Promise<string | null> {
    const user = await this.users.recordSignIn(tx, personOf(proven));
    if (user.status !== 'active') {
      await this.recordRefused(tx, user);
      return null;
    }
    await this.grantBootstrapAdministrator(tx, user, proven);
    const context = currentContext();
    const sessionId = await this.sessions.insert(tx, {
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
    await this.replace(tx, actor, proven.replacesSessionId);
    await this.audit.record(tx, actor, {
      action: AUTH_ACTIONS['auth.session.started'],
      tenantId: user.tenantId,
      target: { type: 'session', id: sessionId },
      outcome: 'success',
    });
    return refreshToken;
  }

  /** The environment names one person who may always come in as administrator. Everybody else gets an account and nothing more. */
  private async grantBootstrapAdministrator(
    tx: Transaction,
    user: UserAccount,
    { tenant }: ProvenSignIn,
  ): Promise<void> {
    const { BOOTSTRAP_ADMIN_OBJECT_ID: objectId, ENTRA_TENANT_ID: entraTenantId } = this.settings;
    const isNamed =
      objectId !== undefined &&
      user.objectId.toLowerCase() === objectId.toLowerCase() &&
      tenant.entraTenantId.toLowerCase() === entraTenantId?.toLowerCase();
    if (!isNamed) return;
    await this.rbac.grantRole(
      tx,
      systemActor('bootstrap'),
      user.id,
      'administrator',
      'named by BOOTSTRAP_ADMIN_OBJECT_ID',
    );
  }

  private async replace(tx: Transaction, actor: UserActor, sessionId: string | null): Promise<void> {
    const reason = 'replaced_by_new_sign_in';
    const ended = sessionId === null ? null : await this.sessions.end(tx, sessionId, reason);
    if (ended === null) return;
    await this.audit.record(tx, actor, {
      action: AUTH_ACTIONS['auth.session.ended'],
      tenantId: actor.tenantId,
      target: { type: 'session', id: ended.id },
      outcome: 'success',
      reason,
      before: { userId: ended.userId },
    });
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
