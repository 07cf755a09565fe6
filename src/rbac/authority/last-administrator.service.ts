import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { rbacError } from '../rbac.errors.js';
import { AuthorityRepository } from './authority.repository.js';

export const ADMINISTRATOR = 'administrator';

/**
 * Keeps the last active person who can and may sign in and is administrator themselves, everywhere, without an end date and without any
 * denial. Programs don't count, since nobody signs in as one, nor do groups, whose members others decide on.
 */
@Injectable()
export class LastAdministrator implements OnModuleInit {
  constructor(
    private readonly assignments: AssignmentsRepository,
    private readonly authority: AuthorityRepository,
    private readonly userStatusRules: UserStatusRules,
  ) {}

  onModuleInit(): void {
    this.userStatusRules.beforeDisabling(async (tx, user) => {
      await this.assignments.lockChanges(tx);
      await this.assertRemainsWithout(tx, [user.id], user.displayName);
    });
  }

  /** Runs a change under the lock; a change that takes away the last administrator rolls back. @throws DomainError rbac.last_administrator */
  async keptBy<T>(tx: Transaction, displayName: string | undefined, change: () => Promise<T>): Promise<T> {
    const before = await this.authority.findStandingHolders(tx, ADMINISTRATOR);
    const result = await change();
    // An installation that has no administrator yet must stay changeable, or it could never get one.
    if (before.length === 0) return result;
    const after = await this.authority.findStandingHolders(tx, ADMINISTRATOR);
    if (after.length === 0) throw lastAdministrator(displayName ?? 'This user');
    return result;
  }

  /** Whether one is left when these stop being administrators. @param userIds users.id @throws DomainError rbac.last_administrator */
  async assertRemainsWithout(tx: Transaction, userIds: readonly string[], displayName?: string): Promise<void> {
    const holders = await this.authority.findStandingHolders(tx, ADMINISTRATOR);
    if (holders.length > 0 && holders.every(({ id }) => userIds.includes(id))) {
      throw lastAdministrator(displayName ?? 'This user');
    }
  }

  /** Whether one is left who may sign in when nobody of this tenant may. @throws DomainError rbac.last_administrator */
  async assertRemainsWithoutTenant(tx: Transaction, tenantId: string, displayName: string): Promise<void> {
    const holders = await this.authority.findStandingHolders(tx, ADMINISTRATOR);
    if (holders.length > 0 && holders.every((holder) => holder.tenantId === tenantId)) {
      throw rbacError('rbac.last_administrator', {
        detail: `Only people of ${displayName} are administrators without an end date: if they cannot sign in, nobody can undo it. Make somebody of another tenant one first.`,
      });
    }
  }
}

function lastAdministrator(name: string) {
  return rbacError('rbac.last_administrator', {
    detail: `${name} is the last active administrator without an end date. Make somebody else one first.`,
  });
}
