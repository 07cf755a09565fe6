import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { RetentionClass } from '../append/retention-class.js';
import type { AuditPartition, PartitionLeaves } from './retention.types.js';

export type RetentionDays = Record<RetentionClass, number>;

/** Neither making nor dropping waits long: whoever reads or appends waits behind them. */
const LOCK_TIMEOUT_MS = 500;

/** The partitions of audit_events, one a class and month of UTC. */
@Injectable()
export class AuditPartitionsRepository {
  /**
   * @returns how many were made
   * @throws DomainError service.unavailable when its locks aren't to be had at once
   */
  async makeAhead(tx: Transaction, months: number): Promise<number> {
    await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const [row] = await tx.query<{ made: number }[]>('SELECT ensure_audit_partitions(now(), $1) AS made', [months]);
    return row?.made ?? 0;
  }

  /** Oldest first. */
  findAll(tx: Transaction, days: RetentionDays): Promise<AuditPartition[]> {
    return tx.query<AuditPartition[]>(
      `WITH named AS (
         SELECT regexp_match(child.relname, '^audit_events_(security|operation)_(\\d{4})(\\d{2})$') AS part
           FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'audit_events'::regclass),
       month AS (
         SELECT part[1] AS class, part[2] || '-' || part[3] AS month,
                make_timestamptz(part[2]::int, part[3]::int, 1, 0, 0, 0, 'UTC') AS "from",
                (make_timestamp(part[2]::int, part[3]::int, 1, 0, 0, 0) + interval '1 month') AT TIME ZONE 'UTC' AS "to"
           FROM named WHERE part IS NOT NULL),
       due AS (
         SELECT month.*, "to" + make_interval(hours => 24 * CASE class WHEN 'security' THEN $1::int ELSE $2::int END) AS "dueAt" FROM month)
       SELECT due.*, "dueAt" <= now() AS "isDue" FROM due ORDER BY "from", class`,
      [days.security, days.operation],
    );
  }

  /** A week at a time, so that no statement is long. */
  async findLeaves(tx: Transaction, { class: name, from, to }: AuditPartition): Promise<PartitionLeaves> {
    const found: PartitionLeaves = { records: 0, leaves: 0, first: null, last: null };
    for (let start = from.getTime(); start < to.getTime(); start += WEEK_MS) {
      const [row] = await tx.query<{ records: string; leaves: string; first: string | null; last: string | null }[]>(
        `SELECT (SELECT count(*) FROM audit_events WHERE retention_class = $1 AND occurred_at >= $2 AND occurred_at < $3) AS records,
                count(*) AS leaves, min(leaf_index) AS first, max(leaf_index) AS last
           FROM audit_leaves WHERE leaf_index >= 0 AND retention_class = $1 AND occurred_at >= $2 AND occurred_at < $3`,
        [name, new Date(start), new Date(Math.min(start + WEEK_MS, to.getTime()))],
      );
      if (row === undefined) continue;
      found.records += Number(row.records);
      found.leaves += Number(row.leaves);
      if (row.first !== null) found.first = Math.min(found.first ?? Number.POSITIVE_INFINITY, Number(row.first));
      if (row.last !== null) found.last = Math.max(found.last ?? 0, Number(row.last));
    }
    return found;
  }

  /** Whether nothing of the partition waits to be sealed, and nothing was sealed at `size` or later. */
  async isComplete(tx: Transaction, { class: name, from, to }: AuditPartition, size: number): Promise<boolean> {
    const [row] = await tx.query<{ complete: boolean }[]>(
      `SELECT NOT EXISTS (SELECT FROM audit_pending WHERE retention_class = $1 AND occurred_at >= $2 AND occurred_at < $3)
          AND NOT EXISTS (SELECT FROM audit_leaves WHERE leaf_index >= $4 AND retention_class = $1 AND occurred_at >= $2 AND occurred_at < $3)
           AS complete`,
      [name, from, to, size],
    );
    return row?.complete ?? false;
  }

  /** Whoever makes a hold and whoever drops a partition do it one after the other. */
  async lockRetention(tx: Transaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('audit retention'))`);
  }

  /** @throws DomainError service.unavailable when its locks aren't to be had at once */
  async drop(tx: Transaction, { class: name, month }: AuditPartition): Promise<void> {
    // Both come from findAll, which knows no other spelling.
    if (!/^\d{4}-\d{2}$/.test(month)) throw new RangeError('not a month');
    await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // By the owner: the role that the service runs as may not.
    await tx.query('SELECT drop_audit_partition($1, $2)', [name, month]);
  }
}

const WEEK_MS = 7 * 86_400_000;
