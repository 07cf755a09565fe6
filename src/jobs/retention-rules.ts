import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

/** How long the rows of a table are kept that nobody needs any more. */
export interface RetentionRule {
  /** `room.rows`, such as `jobs.slots`. */
  name: string;
  /**
   * Deletes rows whose time is over, by the database's clock. Short enough to be in nobody's way.
   *
   * @param limit rows at most
   * @returns how many there were; fewer than `limit` when none is left
   */
  deleteBatch: (tx: Transaction, limit: number) => Promise<number>;
}

/** Where rooms say what of theirs may go: each knows its tables, and one job lets all of them be cleaned every day. */
@Injectable()
export class RetentionRules {
  private readonly rules: RetentionRule[] = [];

  /** To be called before the application has started. */
  register(rule: RetentionRule): void {
    if (this.rules.some(({ name }) => name === rule.name))
      throw new Error(`retention of ${rule.name} is declared twice`);
    this.rules.push(rule);
  }

  all(): readonly RetentionRule[] {
    return this.rules;
  }
}
