import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ANONYMOUS } from '../audit/audit.types.js';
import { randomToken } from '../crypto/digest.js';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../outbox/outbox.service.js';
import { UsersService } from '../users/users.service.js';
import type { UserAccount } from '../users/users.types.js';
import { isInGoodStanding } from './actors.service.js';
import { AUTH_ACTIONS } from './auth.events.js';
import { RefreshTokensRepository, type SpentToken } from './refresh-tokens.repository.js';
import { openSuccessor, sealSuccessor } from './seal-successor.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

export type RotationOutcome =
  | { kind: 'rotated' | 'repeated'; userId: string; sessionId: string; refreshToken: string }
  | { kind: 'invalid' | 'expired' | 'ended' | 'superseded' | 'reused' };

/**
 * Rotation of refresh tokens (RFC 9700 4.14.2). A token is taken by one atomic statement. When it comes back within the grace,
 * the same successor is given again, so that two tabs or a lost answer sign nobody out; when it comes back later, somebody has
 * a copy, and the whole family ends with its session.
 */
@Injectable()
export class RefreshRotation {
  constructor(
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly sessions: SessionsRepository,
    private readonly sessionEnds: SessionsService,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  /** Returns what happened instead of throwing: ending a family has to be committed. */
  async rotate(tx: Transaction, token: string): Promise<RotationOutcome> {
    const presented = await this.refreshTokens.find(tx, token);
    if (presented === null) return { kind: 'invalid' };
    const session = await this.sessions.findStanding(tx, presented.sessionId);
    if (session === null || !session.alive) return { kind: 'ended' };
    const user = await this.users.find(tx, session.userId);
    if (user === null) return { kind: 'ended' };
    if (!isInGoodStanding(user, session.securityStamp)) return this.endForChangedUser(tx, session.id, user);

    const successor = { id: newId(), token: randomToken() };
    const sealed = sealSuccessor(token, successor.token, presented.id);
    const taken = await this.refreshTokens.take(tx, presented.id, successor.id, sealed);
    if (taken === null) return this.answerSpent(tx, token, user);
    await this.refreshTokens.insert(tx, { ...successor, sessionId: taken.sessionId, familyId: taken.familyId });
    await this.sessions.touch(tx, taken.sessionId);
    return { kind: 'rotated', userId: user.id, sessionId: taken.sessionId, refreshToken: successor.token };
  }

  /** Read again: whoever took the token may have done so after we first looked. */
  private async answerSpent(tx: Transaction, token: string, user: UserAccount): Promise<RotationOutcome> {
    const spent = await this.refreshTokens.find(tx, token);
    if (spent === null) return { kind: 'invalid' };
    if (!spent.used) return { kind: 'expired' };
    if (!spent.withinGrace) return this.endFamily(tx, spent, user);
    if (spent.successorUsed || spent.successorSealed === null) return { kind: 'superseded' };
    const refreshToken = openSuccessor(token, spent.successorSealed, spent.id);
    if (refreshToken === null) return { kind: 'invalid' };
    return { kind: 'repeated', userId: user.id, sessionId: spent.sessionId, refreshToken };
  }

  private async endFamily(tx: Transaction, token: SpentToken, user: UserAccount): Promise<RotationOutcome> {
    const ended = await this.sessions.end(tx, token.sessionId, 'refresh_token_reused');
    // Of several reuses at once one ends the family and tells of it.
    if (ended === null) return { kind: 'ended' };
    await this.audit.record(tx, ANONYMOUS, {
      action: AUTH_ACTIONS['auth.refresh.reused'],
      tenantId: user.tenantId,
      target: { type: 'session', id: token.sessionId },
      outcome: 'failure',
      reason: 'refresh_token_reused',
      before: { userId: user.id, familyId: token.familyId },
    });
    await this.outbox.append(tx, {
      type: 'auth.refresh.reused',
      tenantId: user.tenantId,
      data: { userId: user.id, sessionId: token.sessionId },
    });
    return { kind: 'reused' };
  }

  private async endForChangedUser(tx: Transaction, sessionId: string, user: UserAccount): Promise<RotationOutcome> {
    const ended = await this.sessions.end(tx, sessionId, 'user_changed');
    if (ended !== null) await this.sessionEnds.recordEnded(tx, ANONYMOUS, ended, 'user_changed', user.tenantId);
    return { kind: 'ended' };
  }
}
