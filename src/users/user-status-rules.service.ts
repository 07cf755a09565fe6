import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { UserAccount } from './users.types.js';

/** Throws a DomainError when this user must not be disabled. Runs in the transaction of the change, before it. */
export type DisableRule = (tx: Transaction, user: UserAccount) => Promise<void>;

/** Where modules above this one say whom not to disable: they know roles and sessions, this one doesn't. */
@Injectable()
export class UserStatusRules {
  private readonly rules: DisableRule[] = [];

  beforeDisabling(rule: DisableRule): void {
    this.rules.push(rule);
  }

  async assertMayDisable(tx: Transaction, user: UserAccount): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said whom not to disable: then nobody may be');
    for (const rule of this.rules) await rule(tx, user);
  }
}
