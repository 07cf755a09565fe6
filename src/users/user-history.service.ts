import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditRow } from '../audit/log/canonical-record.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { boundPageOf, decodeBoundCursor, isIdPosition } from '../kernel/paging/bound-cursor.js';
import type { Page } from '../kernel/paging/cursor.js';
import { UserHistoryRepository } from './user-history.repository.js';
import { UsersService } from './users.service.js';

/** What was done to a user: their status, roles, sessions. Nobody's history ends with their account. */
@Injectable()
export class UserHistory {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly users: UsersService,
    private readonly places: UserHistoryRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Newest first.
   *
   * @throws DomainError users.not_found, request.invalid for a cursor of another caller or user
   */
  async list(actor: CallerActor, userId: string, limit: number, cursor?: string): Promise<Page<AuditRow>> {
    const { id } = await this.users.get(userId);
    const question = canonicalJson({ list: 'user-history', caller: actor.id, user: id });
    const [before] = cursor === undefined ? [null] : decodeBoundCursor(question, cursor, isIdPosition);
    const found = await this.transactions.read((tx) => this.places.findPage(tx, id, limit + 1, before));
    const { items: ids, nextCursor } = boundPageOf(question, found, limit, (last) => [last]);
    const { items } = await this.audit.search({ ids }, ids.length);
    return { items, nextCursor };
  }
}
