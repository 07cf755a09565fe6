import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

/** Deletes what is over in tables that only grow; nothing that something open still refers to. */
@Injectable()
export class DriftUpkeepRepository {
  /** Alerts that ended, with the list of their changes: nothing asks for these any more. @returns how many */
  deleteEndedAlerts(tx: Transaction, days: number, limit: number): Promise<number> {
    return this.delete(
      tx,
      'drift_alerts',
      'ended_at < now() - make_interval(days => $1) ORDER BY ended_at',
      days,
      limit,
    );
  }

  /** Proposals that were answered or ran out. @returns how many */
  deletePastProposals(tx: Transaction, days: number, limit: number): Promise<number> {
    return this.delete(
      tx,
      'drift_proposals',
      `CASE WHEN status = 'pending' THEN expires_at ELSE decided_at END < now() - make_interval(days => $1) ORDER BY id`,
      days,
      limit,
    );
  }

  /** Rules that were withdrawn or ran out, but for those by which a change is still ignored. @returns how many */
  deleteEndedIgnoreRules(tx: Transaction, days: number, limit: number): Promise<number> {
    return this.delete(
      tx,
      'drift_ignore_rules',
      `least(until, withdrawn_at) < now() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM drift_changes c
                          WHERE c.tenant_id = past.tenant_id AND c.state <> 'closed' AND c.ignore_rule_id = past.id)
       ORDER BY id`,
      days,
      limit,
    );
  }

  /**
   * Change windows that were removed or are long past, but for those in which a change may have been made that isn't closed: each scan
   * judges it anew by the windows of then. @returns how many
   */
  deletePastWindows(tx: Transaction, days: number, limit: number): Promise<number> {
    return this.delete(
      tx,
      'drift_change_windows',
      `least(ends_at, removed_at) < now() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM drift_changes c
                          WHERE c.tenant_id = past.tenant_id AND c.state <> 'closed'
                            AND c.attribution_since < least(past.ends_at, past.removed_at))
       ORDER BY id`,
      days,
      limit,
    );
  }

  /** @param which condition and order on the table, which it calls `past`; `$1` are the days */
  private async delete(tx: Transaction, table: string, which: string, days: number, limit: number): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} past WHERE ${which} LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return count;
  }
}
