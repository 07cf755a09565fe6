import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';

/**
 * Throws a DomainError when these subjects must not hold what they now do. Runs in the transaction of the change, after its rows
 * are written.
 *
 * @param actor whoever makes the change
 * @param subjectIds users.id and service_accounts.id whose access grew
 */
export type GivingRule = (tx: Transaction, actor: Actor, subjectIds: string[]) => Promise<void>;

/** Says on record what these subjects must not hold and now do. Runs where a change isn't refused, after its rows are written. */
export type GivenAnyway = (tx: Transaction, subjectIds: string[]) => Promise<void>;

/** Where those who restrict combinations of roles say so: asked for whatever gives somebody more, by whichever path. */
@Injectable()
export class AssignmentRules {
  private readonly rules: GivingRule[] = [];
  private readonly postponed = new WeakMap<Transaction, Set<string>>();
  private readonly reports: GivenAnyway[] = [];

  beforeGiving(rule: GivingRule): void {
    this.rules.push(rule);
  }

  whenGivenAnyway(report: GivenAnyway): void {
    this.reports.push(report);
  }

  /** Instead of assertMayHold, where nobody may be refused: the way back in must never be shut. */
  async reportHeld(tx: Transaction, subjectIds: readonly string[]): Promise<void> {
    for (const report of this.reports) await report(tx, [...new Set(subjectIds)]);
  }

  /** @throws DomainError of the rules, e.g. rbac.separation_violated */
  async assertMayHold(tx: Transaction, actor: Actor, subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length === 0) return;
    const postponed = this.postponed.get(tx);
    if (postponed !== undefined) {
      for (const id of subjectIds) postponed.add(id);
      return;
    }
    for (const rule of this.rules) await rule(tx, actor, [...new Set(subjectIds)]);
  }

  /**
   * For many changes that are one to people: the rules are asked once, when all are made, and so never about a state that nobody
   * comes to be in.
   *
   * @throws DomainError of the work, then of the rules
   */
  async afterAll<T>(tx: Transaction, actor: Actor, work: () => Promise<T>): Promise<T> {
    const concerned = new Set<string>();
    this.postponed.set(tx, concerned);
    let result: T;
    try {
      result = await work();
    } finally {
      this.postponed.delete(tx);
    }
    await this.assertMayHold(tx, actor, [...concerned]);
    return result;
  }
}
