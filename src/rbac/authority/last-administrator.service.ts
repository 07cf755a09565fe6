import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { rbacError } from '../rbac.errors.js';

export const ADMINISTRATOR = 'administrator';

/** Keeps the last active person who is administrator without an end date. Programs don't count: nobody signs in as one. */
@Injectable()
export class LastAdministrator implements OnModuleInit {
  constructor(
    private readonly rbac: AssignmentsRepository,
    private readonly userStatusRules: UserStatusRules,
  ) {}

  onModuleInit(): void {
    this.userStatusRules.beforeDisabling(async (tx, user) => {
      await this.rbac.lockChanges(tx);
      const administrators = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
      if (administrators.length === 1 && administrators[0] === user.id) throw lastAdministrator(user.displayName);
    });
  }

  /** Runs a change under the lock; a change that takes away the last administrator rolls back. */
  async keptBy<T>(tx: Transaction, displayName: string | undefined, change: () => Promise<T>): Promise<T> {
    const before = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
    const result = await change();
    const after = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
    // An installation that has no administrator yet must stay changeable, or it could never get one.
    if (before.length > 0 && after.length === 0) throw lastAdministrator(displayName ?? 'This user');
    return result;
  }
}

function lastAdministrator(name: string) {
  return rbacError('rbac.last_administrator', {
    detail: `${name} is the last active administrator without an end date. Make somebody else one first.`,
  });
}
