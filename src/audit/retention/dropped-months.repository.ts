import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS, RECORD_OF_LEAF } from '../log/audit-columns.js';
import type { DroppedMonth } from '../log/month-stands.js';
import type { StoredAuditRow } from '../log/open-states.js';

export interface StoredDrop {
  /** `security 2026-01` */
  partition: string;
  sealedDrop: Buffer;
}

const COLUMNS = 'partition, sealed_drop AS "sealedDrop"';
/** How far back drops are looked for that have no row: before there was the table. */
const YEARS_BACK = 10;
/** In bytes; what the service seals of a drop is a few hundred. */
const MAX_STATES = 2048;

/** The table audit_drops. */
@Injectable()
export class DroppedMonthsRepository {
  /** No more than there are plausible months: ck_audit_drops_partition. */
  findAll(tx: Transaction): Promise<StoredDrop[]> {
    return tx.query<StoredDrop[]>(`SELECT ${COLUMNS} FROM audit_drops ORDER BY partition`);
  }

  async find(tx: Transaction, partition: string): Promise<StoredDrop | null> {
    const [row] = await tx.query<StoredDrop[]>(`SELECT ${COLUMNS} FROM audit_drops WHERE partition = $1`, [partition]);
    return row ?? null;
  }

  async save(tx: Transaction, { partition, sealedDrop }: StoredDrop): Promise<void> {
    await tx.query(
      `INSERT INTO audit_drops (partition, sealed_drop) VALUES ($1, $2)
       ON CONFLICT (partition) DO UPDATE SET sealed_drop = excluded.sealed_drop, dropped_at = now()`,
      [partition, sealedDrop],
    );
  }

  /** What the trail says of drops, but for those that are `known`: the row of each is missing, or isn't believed. */
  findRecords(tx: Transaction, known: readonly string[], limit: number): Promise<StoredAuditRow[]> {
    return tx.query<StoredAuditRow[]>(
      `WITH past AS (
         SELECT class || ' ' || to_char(month, 'YYYY-MM') AS partition
           FROM generate_series(now() AT TIME ZONE 'UTC' - make_interval(years => $1), now() AT TIME ZONE 'UTC', '1 month') AS month,
                unnest(ARRAY['security', 'operation']) AS class)
       SELECT ${AUDIT_COLUMNS} FROM audit_events event JOIN audit_leaves leaf ON ${RECORD_OF_LEAF}
        WHERE event.action IN ('audit.partition.dropped', 'audit.partition.adopted')
          AND event.target_id = ANY (ARRAY(SELECT partition FROM past UNION SELECT partition FROM audit_drops))
          AND NOT event.target_id = ANY ($2::text[]) AND octet_length(event.sealed_states) <= ${MAX_STATES}
        ORDER BY leaf.leaf_index LIMIT $3`,
      [YEARS_BACK, known, limit],
    );
  }

  /** Months that were gone before drops were kept here, as the owner of the tables found them: see 0029. */
  async findBefore(tx: Transaction, known: readonly string[]): Promise<DroppedMonth[]> {
    const rows = await tx.query<(Record<'from' | 'to' | 'leaves', string> & { partition: string })[]>(
      `SELECT partition, first_leaf AS "from", end_leaf AS "to", leaves FROM audit_months_before
        WHERE NOT partition = ANY ($1::text[]) ORDER BY partition`,
      [known],
    );
    return rows.map(({ partition, from, to, leaves }) => ({
      partition,
      from: Number(from),
      to: Number(to),
      leaves: Number(leaves),
    }));
  }

  /** How many rows of leaves say that they are of this month, within its places. */
  async countLeaves(tx: Transaction, { partition, from, to }: DroppedMonth): Promise<number> {
    const [name, month] = partition.split(' ');
    const [row] = await tx.query<{ count: string }[]>(
      `SELECT count(*) FROM audit_leaves
        WHERE leaf_index >= $1 AND leaf_index < $2 AND retention_class = $3
          AND occurred_at >= $4::timestamp AT TIME ZONE 'UTC' AND occurred_at < ($4::timestamp + interval '1 month') AT TIME ZONE 'UTC'`,
      [from, to, name, `${month}-01`],
    );
    return Number(row?.count ?? 0);
  }
}
