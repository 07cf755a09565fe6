import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { usersError } from '../../users/users.errors.js';
import { rbacError } from '../rbac.errors.js';
import { effectiveAccess } from './effective-access.js';
import type { EffectiveAccessFilter, EffectiveEntry, EntryKey } from './effective-access.types.js';
import { ExplainRepository } from './explain.repository.js';
import { PastFacts } from './past-facts.service.js';

/** One page of what a subject holds, with the names of what it speaks of. */
export interface EffectiveAccessPage {
  items: EffectiveEntry[];
  /** The last entry where there are more. */
  next: EntryKey | null;
  /** Names by roles.id and groups.id. */
  roleNames: ReadonlyMap<string, string>;
  groupNames: ReadonlyMap<string, string>;
}

export interface AskedAccess {
  filter: EffectiveAccessFilter;
  /** Null for now. */
  asOf: Date | null;
  after: EntryKey | null;
  limit: number;
}

/** Lists what a person or a program may do, and through what. */
@Injectable()
export class EffectiveAccessService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly past: PastFacts,
    private readonly descriptions: ExplainRepository,
  ) {}

  /**
   * @param id users.id or service_accounts.id
   * @throws DomainError users.not_found, users.service_account_not_found, rbac.unknown_permission, rbac.before_history,
   *   rbac.as_of_future
   */
  list(type: 'user' | 'service_account', id: string, asked: AskedAccess): Promise<EffectiveAccessPage> {
    const { filter, asOf, after, limit } = asked;
    return this.transactions.read(async (tx) => {
      const named = filter.permission === undefined ? [] : [filter.permission];
      const { subject, roles, permissions, nowMs } = await this.past.load(tx, id, named, asOf);
      if (subject === null ? asOf === null || !(await this.isOfNow(tx, type, id)) : subject.type !== type) {
        throw usersError(type === 'user' ? 'users.not_found' : 'users.service_account_not_found');
      }
      if (!named.every((name) => permissions.has(name))) {
        throw rbacError('rbac.unknown_permission', {
          errors: [{ pointer: 'permission', code: 'permission', detail: 'not a permission of this service' }],
        });
      }
      const eligible =
        asOf === null && subject !== null && type === 'user'
          ? await this.descriptions.findEligible(tx, [subject.id, ...subject.groupIds])
          : [];
      // Who wasn't known yet held nothing.
      const entries =
        subject === null ? [] : effectiveAccess({ subject, roles, eligible, nowMs }, filter, after, limit + 1);
      const items = entries.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        next: entries.length > limit && last !== undefined ? [last.permission, last.scope] : null,
        roleNames: new Map([...roles.values()].map((role) => [role.id, role.name])),
        groupNames: await this.descriptions.findGroupNames(tx, subject?.groupIds ?? []),
      };
    });
  }

  private async isOfNow(tx: Transaction, type: 'user' | 'service_account', id: string): Promise<boolean> {
    return (await this.descriptions.findSubject(tx, id))?.type === type;
  }
}
