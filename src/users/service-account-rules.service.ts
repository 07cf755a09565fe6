import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../database/transaction-runner.js';

/**
 * Throws a DomainError when the actor must not get this account into their hands. Runs in the transaction of the change, before
 * it and before anything is locked for it.
 *
 * @param accountId service_accounts.id
 */
export type ControlRule = (tx: Transaction, actor: Actor, accountId: string) => Promise<void>;

/**
 * Where modules above this one say who may control a service account: whoever makes a credential for it, edits it, enables it
 * or hands it over can act as it. They know what accounts and actors hold, this one doesn't.
 */
@Injectable()
export class ServiceAccountRules {
  private readonly rules: ControlRule[] = [];

  beforeControl(rule: ControlRule): void {
    this.rules.push(rule);
  }

  /** @throws Error when nobody said who may: then nobody may */
  async assertMayControl(tx: Transaction, actor: Actor, accountId: string): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said who may control service accounts');
    for (const rule of this.rules) await rule(tx, actor, accountId);
  }
}
