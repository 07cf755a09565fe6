import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditRow } from '../audit/log/canonical-record.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { encodeCursor, type Page } from '../kernel/paging/cursor.js';
import { decodeBoundCursor, encodeBoundCursor } from './bound-cursor.js';
import { type RecordPlace, UserHistoryRepository } from './user-history.repository.js';
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
    const question = { list: 'user-history', caller: actor.id, user: id };
    const before = cursor === undefined ? null : decodeBoundCursor(question, cursor, (key) => key === '').id;
    const found = await this.transactions.read((tx) => this.places.findPage(tx, id, limit + 1, before));
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      items: await this.read(page),
      nextCursor:
        found.length > limit && last !== undefined ? encodeBoundCursor(question, { key: '', id: last.id }) : null,
    };
  }

  /** The records of a page. Those of one target follow each other in its own list, so that one search reads them. */
  private async read(page: readonly RecordPlace[]): Promise<AuditRow[]> {
    const records = new Map<string, AuditRow>();
    for (const newest of page) {
      if (records.has(newest.id)) continue;
      const { targetType, targetId } = newest;
      const count = page.filter((place) => place.targetId === targetId).length;
      const { items } = await this.audit.search({ targetType, targetId }, count, encodeCursor(justAfter(newest.id)));
      for (const record of items) records.set(record.id, record);
    }
    return page.flatMap(({ id }) => records.get(id) ?? []);
  }
}

/** The smallest id above this one: a cursor begins below the id that it carries. */
function justAfter(id: string): string {
  const next = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return next.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
