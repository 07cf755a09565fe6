import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { UserAccount } from './users.types.js';

/** Throws a DomainError when this user must not be disabled. Runs in the transaction of the change, before it. */
export type DisableRule = (tx: Transaction, user: UserAccount) => Promise<void>;

/** Throws a DomainError when this actor must not keep the user out. Runs in the transaction of the change, before it. */
export type TakingRule = (tx: Transaction, actor: Actor, user: UserAccount) => Promise<void>;

/** Throws a DomainError when this actor must not let the user back in. Runs in the transaction of the change, before it. */
export type EnableRule = (tx: Transaction, actor: Actor, user: UserAccount) => Promise<void>;

/** Takes what the user holds, on record. Runs in the transaction that deletes the user, before it. */
export type DeletionStep = (tx: Transaction, actor: Actor, user: UserAccount) => Promise<void>;

/** Where modules above this one say whom not to disable, and who may enable whom: they know roles and sessions, this one doesn't. */
@Injectable()
export class UserStatusRules {
  private readonly rules: DisableRule[] = [];
  private readonly takingRules: TakingRule[] = [];
  private readonly enableRules: EnableRule[] = [];
  private readonly deletionSteps: DeletionStep[] = [];

  beforeDisabling(rule: DisableRule): void {
    this.rules.push(rule);
  }

  async assertMayDisable(tx: Transaction, user: UserAccount): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said whom not to disable: then nobody may be');
    for (const rule of this.rules) await rule(tx, user);
  }

  beforeTaking(rule: TakingRule): void {
    this.takingRules.push(rule);
  }

  /**
   * Goes with assertMayDisable where somebody decides it here. Not where a directory says so: it knows who works there, and
   * somebody who left may hold more than whoever provisions.
   */
  async assertMayTake(tx: Transaction, actor: Actor, user: UserAccount): Promise<void> {
    if (this.takingRules.length === 0) throw new Error('nobody has said who may keep users out: then nobody may');
    for (const rule of this.takingRules) await rule(tx, actor, user);
  }

  beforeEnabling(rule: EnableRule): void {
    this.enableRules.push(rule);
  }

  /** Of a disabled user, and of a deleted one who is provisioned again: what is still assigned comes back with the status. */
  async assertMayEnable(tx: Transaction, actor: Actor, user: UserAccount): Promise<void> {
    if (this.enableRules.length === 0) throw new Error('nobody has said who may enable users: then nobody may');
    for (const rule of this.enableRules) await rule(tx, actor, user);
  }

  beforeDeleting(step: DeletionStep): void {
    this.deletionSteps.push(step);
  }

  /** Goes with assertMayDisable, after it. */
  async takeAccess(tx: Transaction, actor: Actor, user: UserAccount): Promise<void> {
    if (this.deletionSteps.length === 0) throw new Error('nobody takes what a deleted user holds: then nobody may be');
    for (const step of this.deletionSteps) await step(tx, actor, user);
  }
}
