import { Injectable } from '@nestjs/common';
import type { UserActor } from '../access/actor.js';
import { sha256 } from '../crypto/digest.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { EntraBearerHost } from '../entra/entra-bearer.strategy.js';
import type { EntraClaims } from '../entra/verify-entra-token.js';
import { isUuid } from '../kernel/ids/ids.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { UsersService } from '../users/users.service.js';
import type { UserAccount } from '../users/users.types.js';
import { AccessTokens } from './access-tokens.service.js';
import { authError } from './auth.errors.js';
import { SessionsRepository } from './sessions.repository.js';

/** From a checked token to who acts, asking the database each time whether they still may. */
@Injectable()
export class Actors implements EntraBearerHost {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly users: UsersService,
    private readonly tenants: TenantsService,
  ) {}

  /** @throws DomainError auth.token_invalid, auth.token_expired, auth.session_ended */
  async ofAccessToken(token: string): Promise<UserActor> {
    const { userId, sessionId } = await this.accessTokens.verify(token);
    return this.transactions.read(async (tx) => {
      const session = await this.sessions.findStanding(tx, sessionId);
      const user = await this.users.find(tx, userId);
      if (
        session === null ||
        !session.alive ||
        session.userId !== userId ||
        !isInGoodStanding(user, session.securityStamp)
      ) {
        throw authError('auth.session_ended');
      }
      return actorOf(user, sessionId);
    });
  }

  async tenantAllowed(entraTenantId: string): Promise<boolean> {
    if (!isUuid(entraTenantId)) return false;
    return (await this.tenants.findByEntraTenantId(entraTenantId.toLowerCase()))?.signInAllowed ?? false;
  }

  /**
   * The account behind an Entra access token. It must have signed in here before; a token issued before the account's
   * security stamp was last raised is as dead as its sessions.
   *
   * @throws DomainError auth.account_unknown, auth.session_ended
   */
  async accept(claims: EntraClaims): Promise<UserActor> {
    const tenant = await this.tenants.findByEntraTenantId(claims.entraTenantId);
    const user = tenant === null ? null : await this.users.findByObjectId(tenant.id, claims.objectId);
    if (user === null)
      throw authError('auth.account_unknown', { detail: 'Sign in through /auth/login once; the account begins then.' });
    const raisedAt = user.securityStampRaisedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
    if (user.status !== 'active' || claims.issuedAt.getTime() <= raisedAt) throw authError('auth.session_ended');
    return actorOf(user, entraSessionOf(claims));
  }
}

export function isInGoodStanding(user: UserAccount | null, securityStamp: number): user is UserAccount {
  return user !== null && user.status === 'active' && user.securityStamp === securityStamp;
}

function actorOf(user: UserAccount, sessionId: string): UserActor {
  return { type: 'user', id: user.id, displayName: user.displayName, tenantId: user.tenantId, sessionId };
}

/** Entra's session in the form of ours (a name-based UUID, RFC 9562 5.8), so that records of one session can be found together. */
function entraSessionOf(claims: EntraClaims): string {
  const digest = sha256(`entra|${claims.entraTenantId}|${claims.sessionId ?? claims.subject}`).toString('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
