import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/**
 * Throws a DomainError when these subjects must not hold what they now do. Runs in the transaction of the change, after its rows
 * are written.
 *
 * @param subjectIds users.id and service_accounts.id whose access grew
 */
export type GivingRule = (tx: Transaction, subjectIds: string[]) => Promise<void>;

/** Where those who restrict combinations of roles say so: asked for whatever gives somebody more, by whichever path. */
@Injectable()
export class AssignmentRules {
  private readonly rules: GivingRule[] = [];

  beforeGiving(rule: GivingRule): void {
    this.rules.push(rule);
  }

  /** @throws DomainError of the rules, e.g. rbac.separation_violated */
  async assertMayHold(tx: Transaction, subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length === 0) return;
    for (const rule of this.rules) await rule(tx, [...new Set(subjectIds)]);
  }
}
