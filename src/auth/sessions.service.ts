import { Injectable } from '@nestjs/common';
import type { UserActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { ANONYMOUS, type AuditActor } from '../audit/audit.types.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { UsersService } from '../users/users.service.js';
import { authError } from './auth.errors.js';
import { AUTH_ACTIONS } from './auth.events.js';
import type { SessionEnd, SessionSummary } from './auth.types.js';
import { RefreshTokensRepository } from './refresh-tokens.repository.js';
import { SessionsRepository } from './sessions.repository.js';

/** A person's own sessions: see them, end them. An ended session is dead for its access tokens too, at their next use. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {}

  async list(userId: string, limit: number, cursor?: string): Promise<Page<SessionSummary>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.sessions.findAlivePage(tx, userId, limit + 1, after)),
      limit,
    );
  }

  /** @throws DomainError auth.session_not_found for anybody else's too */
  async endOwn(actor: UserActor, id: string, reason: SessionEnd): Promise<void> {
    await this.transactions.run(async (tx) => {
      const ended = await this.sessions.endOwn(tx, actor.id, id, reason);
      if (ended === null) throw authError('auth.session_not_found');
      await this.recordEnded(tx, actor, ended, reason, actor.tenantId);
    });
  }

  /** Ends all of the actor's sessions but the one that asks. @returns how many */
  async endOthers(actor: UserActor): Promise<number> {
    return this.transactions.run(async (tx) => {
      const ended = await this.sessions.endOthers(tx, actor.id, actor.sessionId, 'ended_by_owner');
      for (const session of ended) await this.recordEnded(tx, actor, session, 'ended_by_owner', actor.tenantId);
      return ended.length;
    });
  }

  /** Signing out by refresh token. A token that is unknown or whose session is over has nothing to end, and that is no fault. */
  async endByRefreshToken(token: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      const found = await this.refreshTokens.find(tx, token);
      const ended = found === null ? null : await this.sessions.end(tx, found.sessionId, 'signed_out');
      if (ended !== null) await this.recordEndedByOwner(tx, ended, 'signed_out');
    });
  }

  /** Entra says that somebody signed out there (OpenID Connect Front-Channel Logout 1.0). Only the sid comes along. */
  async endByEntraSession(entraSessionId: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      for (const session of await this.sessions.endByEntraSession(tx, entraSessionId, 'signed_out_at_entra')) {
        await this.recordEndedByOwner(tx, session, 'signed_out_at_entra');
      }
    });
  }

  /** The session that a refresh token belongs to, whatever became of the token. */
  async sessionOfRefreshToken(token: string): Promise<string | null> {
    const found = await this.transactions.read((tx) => this.refreshTokens.find(tx, token));
    return found?.sessionId ?? null;
  }

  /** Who ended it isn't signed in at this moment, but the session says who it is. */
  private async recordEndedByOwner(tx: Transaction, session: SessionSummary, reason: SessionEnd): Promise<void> {
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
