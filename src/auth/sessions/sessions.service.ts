import { Injectable } from '@nestjs/common';
import type { Actor, CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { ANONYMOUS, type AuditActor } from '../../audit/audit.types.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { UsersService } from '../../users/users.service.js';
import type { UserAccount } from '../../users/users.types.js';
import { authError } from '../auth.errors.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { EndedSession, SessionEnd, SessionSummary } from '../auth.types.js';
import { RefreshTokensRepository } from '../refresh/refresh-tokens.repository.js';
import { SessionsRepository } from './sessions.repository.js';

/** A person's own sessions: see them, end them. What is ended is dead for its access tokens too, on every instance. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {}

  /** Oldest first; only those that stand. A program has none. */
  async list(userId: string, limit: number, cursor?: string): Promise<Page<SessionSummary>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.sessions.findStandingPage(tx, userId, limit + 1, after)),
      limit,
    );
  }

  /** @throws DomainError auth.session_not_found for anybody else's too, and for a program */
  async endOwn(actor: CallerActor, id: string, reason: SessionEnd): Promise<void> {
    await this.transactions.run(async (tx) => {
      const ended = await this.sessions.endOwn(tx, actor.id, id, reason);
      if (ended === null) throw authError('auth.session_not_found');
      await this.recordEnded(tx, actor, ended, reason, actor.tenantId);
    });
  }

  /** Ends all of the actor's sessions but the one that asks. @returns how many */
  async endOthers(actor: CallerActor): Promise<number> {
    if (actor.type !== 'user') return 0;
    return this.transactions.run(async (tx) => {
      const ended = await this.sessions.endAllOf(tx, actor.id, actor.sessionId, 'ended_by_owner');
      for (const session of ended) await this.recordEnded(tx, actor, session, 'ended_by_owner', actor.tenantId);
      return ended.length;
    });
  }

  /**
   * Ends one session, whoever's it is; one that is over already has nothing to end. On record where its user is, who needn't be
   * of the actor's tenant.
   */
  async end(tx: Transaction, actor: AuditActor, id: string, reason: SessionEnd): Promise<void> {
    const ended = await this.sessions.end(tx, id, reason);
    if (ended === null) return;
    const user = await this.users.find(tx, ended.userId);
    await this.recordEnded(tx, actor, ended, reason, user?.tenantId ?? null);
  }

  /** Ends a user's sessions that began before this moment. @returns how many */
  async endBegunBefore(
    tx: Transaction,
    actor: Actor,
    user: Pick<UserAccount, 'id' | 'tenantId'>,
    moment: Date,
    reason: SessionEnd,
  ): Promise<number> {
    const ended = await this.sessions.endBegunBefore(tx, user.id, moment, reason);
    for (const session of ended) await this.recordEnded(tx, actor, session, reason, user.tenantId);
    return ended.length;
  }

  /**
   * Signing out by refresh token. A token that is unknown or whose session is over has nothing to end, and that is no fault.
   *
   * @returns the user whose session it is or was
   */
  async endByRefreshToken(token: string): Promise<string | null> {
    return this.transactions.run(async (tx) => {
      const found = await this.refreshTokens.find(tx, token);
      if (found === null) return null;
      const ended = await this.sessions.end(tx, found.sessionId, 'signed_out');
      if (ended !== null) await this.recordEndedByOwner(tx, ended, 'signed_out');
      return found.userId;
    });
  }

  /** The session that a refresh token belongs to, whatever became of the token. */
  async sessionOfRefreshToken(token: string): Promise<string | null> {
    const found = await this.transactions.read((tx) => this.refreshTokens.find(tx, token));
    return found?.sessionId ?? null;
  }

  /** Who ended it isn't signed in at this moment, but the session says who it is. */
  async recordEndedByOwner(tx: Transaction, session: EndedSession, reason: SessionEnd): Promise<void> {
    const user = await this.users.find(tx, session.userId);
    const actor: AuditActor =
      user === null
        ? ANONYMOUS
        : {
            type: 'user',
            id: user.id,
            displayName: user.displayName,
            tenantId: user.tenantId,
            sessionId: session.id,
            scopes: null,
          };
    await this.recordEnded(tx, actor, session, reason, user?.tenantId ?? null);
  }

  recordEnded(
    tx: Transaction,
    actor: AuditActor,
    session: Pick<SessionSummary, 'id' | 'userId'>,
    reason: SessionEnd,
    tenantId: string | null,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: AUTH_ACTIONS['auth.session.ended'],
      tenantId,
      target: { type: 'session', id: session.id },
      outcome: 'success',
      reason,
      before: { userId: session.userId },
    });
  }
}
