import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { Page } from '../../kernel/paging/cursor.js';
import { UsersService } from '../../users/users.service.js';
import { authError } from '../auth.errors.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { SessionSummary } from '../auth.types.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

const REASON = 'ended_by_administrator';

/** Other people's sessions, for administrators (ASVS 7.4.5). */
@Injectable()
export class UserSessions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly clock: DatabaseClock,
  ) {}

  /** @throws DomainError users.not_found */
  async list(userId: string, limit: number, cursor?: string): Promise<Page<SessionSummary>> {
    await this.users.get(userId);
    return this.sessions.list(userId, limit, cursor);
  }

  /** @throws DomainError users.not_found; auth.session_not_found also for a session of somebody else */
  async end(actor: CallerActor, userId: string, sessionId: string): Promise<void> {
    const user = await this.users.get(userId);
    await this.transactions.run(async (tx) => {
      const ended = await this.repository.endOwn(tx, userId, sessionId, REASON);
      if (ended === null) throw authError('auth.session_not_found');
      await this.sessions.recordEnded(tx, actor, ended, REASON, user.tenantId);
    });
  }

  /**
   * Ends everything that the user has here, tokens of Entra that were issued so far included. Whoever is not disabled may sign
   * in again.
   *
   * @returns how many sessions
   * @throws DomainError users.not_found
   */
  async endAll(actor: CallerActor, userId: string): Promise<number> {
    const user = await this.users.get(userId);
    return this.transactions.run(async (tx) => {
      await this.users.recordEntraValidFrom(tx, userId, new Date(this.clock.nowMs()));
      const ended = await this.repository.endAllOf(tx, userId, null, REASON);
      for (const session of ended) await this.sessions.recordEnded(tx, actor, session, REASON, user.tenantId);
      await this.audit.record(tx, actor, {
        action: AUTH_ACTIONS['auth.account.signed-out'],
        tenantId: user.tenantId,
        target: { type: 'user', id: userId, displayName: user.displayName },
        outcome: 'success',
        reason: REASON,
        after: { sessions: ended.length },
      });
      return ended.length;
    });
  }
}
