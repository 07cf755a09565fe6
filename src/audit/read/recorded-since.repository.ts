import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AuditAction } from '../audit.types.js';

/** Ids are of the service's clock, times of the database's. */
const CLOCKS_MS = 60_000;

/** Whether the trail went on. */
@Injectable()
export class RecordedSinceRepository {
  /**
   * Whether anything was recorded since then but records of this action whose target's name begins so.
   *
   * @param since of the database's clock
   */
  async isOther(tx: Transaction, since: Date, action: AuditAction, targetName: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT FROM audit_events
        WHERE id > $1 AND occurred_at > $2 AND NOT (action = $3 AND starts_with(coalesce(target_name, ''), $4)) LIMIT 1`,
      [firstIdOf(since.getTime() - CLOCKS_MS), since, action, targetName],
    );
    return rows.length > 0;
  }
}

/** The first UUIDv7 of a time: by ids there is an index in each partition. */
function firstIdOf(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
