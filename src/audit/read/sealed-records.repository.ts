import { Injectable } from '@nestjs/common';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import type { Transaction } from '../../database/transaction-runner.js';
import type { LostRecord } from '../formats/audit-format.js';
import { AUDIT_COLUMNS, RECORD_OF_LEAF, timeText } from '../log/audit-columns.js';
import { type DroppedMonth, droppedParameters, monthStands } from '../log/month-stands.js';
import type { StoredAuditRow } from '../log/open-states.js';
import type { AuditFilter } from './audit-filter.js';
import { addFilter, addReach, Conditions } from './filter-conditions.js';
import type { TenantReach } from './tenant-reach.js';

export interface SealedRow extends StoredAuditRow {
  leafIndex: number;
  /** Of the tree; null where it has none for this place. */
  leafHash: Buffer | null;
}

/** Leaves with their records; `bigint` comes as text. */
type JoinedRow = Omit<SealedRow, 'leafIndex'> & { leafIndex: string };

const LEAF_HASH = `(SELECT substring(tile.hashes FROM (leaf.leaf_index % 256)::integer * 32 + 1 FOR 32) FROM audit_tiles tile
                    WHERE tile.level = 0 AND tile.tile_index = leaf.leaf_index / 256)`;
const COLUMNS = `leaf.leaf_index AS "leafIndex", ${LEAF_HASH} AS "leafHash", ${AUDIT_COLUMNS}`;

/** Records by their place in the log. Those of partitions that were dropped are passed over. */
@Injectable()
export class SealedRecordsRepository {
  /** Those of a range of leaves, by place. */
  async findRange(tx: Transaction, { from, to }: LeafRange): Promise<SealedRow[]> {
    const rows = await tx.query<JoinedRow[]>(
      `SELECT ${COLUMNS} FROM audit_leaves leaf JOIN audit_events event ON ${RECORD_OF_LEAF}
        WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2 ORDER BY leaf.leaf_index`,
      [from, to],
    );
    return rows.map(placed);
  }

  /** Up to `limit` records of a range of leaves that match, by place. */
  async findWindow(
    tx: Transaction,
    { from, to }: LeafRange,
    filter: AuditFilter,
    reach: TenantReach,
    limit: number,
  ): Promise<SealedRow[]> {
    const conditions = new Conditions();
    conditions.add('leaf.leaf_index >= ?', from);
    conditions.add('leaf.leaf_index < ?', to);
    // Said of the leaves too, so that those of other times cost no look at their records.
    if (filter.from !== undefined) conditions.add('leaf.occurred_at >= ?', filter.from);
    if (filter.to !== undefined) conditions.add('leaf.occurred_at < ?', filter.to);
    addFilter(conditions, filter);
    addReach(conditions, reach);
    const rows = await tx.query<JoinedRow[]>(
      `SELECT ${COLUMNS} FROM audit_leaves leaf JOIN audit_events event ON ${RECORD_OF_LEAF}
        WHERE ${conditions.text()} ORDER BY leaf.leaf_index LIMIT ${conditions.value(limit)}`,
      conditions.values,
    );
    return rows.map(placed);
  }

  /**
   * Places of a range whose record is gone although its month wasn't dropped, in their order: of the filter's time, and those that have no
   * leaf any more, of which no time is known.
   */
  async findLost(
    tx: Transaction,
    { from, to }: LeafRange,
    filter: Pick<AuditFilter, 'from' | 'to'>,
    dropped: readonly DroppedMonth[],
  ): Promise<LostRecord[]> {
    const rows = await tx.query<(Omit<LostRecord, 'leafIndex'> & { leafIndex: string })[]>(
      `SELECT leaf.leaf_index AS "leafIndex", leaf.event_id AS id, ${timeText('leaf.occurred_at')} AS "occurredAt"
         FROM audit_leaves leaf LEFT JOIN audit_events event ON ${RECORD_OF_LEAF}
        WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
          AND ($3::timestamptz IS NULL OR leaf.occurred_at >= $3) AND ($4::timestamptz IS NULL OR leaf.occurred_at < $4)
          AND event.id IS NULL AND ${monthStands(5)}
       UNION ALL
       SELECT place, NULL, ${timeText('coalesce(before.occurred_at, now())')}
         FROM generate_series($1::bigint, $2::bigint - 1) AS place
         LEFT JOIN LATERAL (SELECT occurred_at FROM audit_leaves WHERE leaf_index < place AND leaf_index >= 0
                             ORDER BY leaf_index DESC LIMIT 1) before ON true
        WHERE NOT EXISTS (SELECT FROM audit_leaves leaf WHERE leaf.leaf_index = place)
        ORDER BY 1`,
      [from, to, filter.from ?? null, filter.to ?? null, ...droppedParameters(dropped)],
    );
    return rows.map((row) => ({ ...row, leafIndex: Number(row.leafIndex) }));
  }

  /**
   * Records of one class and time among the leaves of a range, by place.
   *
   * @param within times are half open
   */
  async findOfClass(
    tx: Transaction,
    within: { class: string; from: Date; to: Date },
    range: LeafRange,
    limit: number,
  ): Promise<SealedRow[]> {
    const rows = await tx.query<JoinedRow[]>(
      `SELECT ${COLUMNS}
         FROM (SELECT * FROM audit_leaves
                WHERE leaf_index >= $1 AND leaf_index < $2 AND retention_class = $3 AND occurred_at >= $4 AND occurred_at < $5
                ORDER BY leaf_index LIMIT $6) leaf
         JOIN audit_events event ON ${RECORD_OF_LEAF}
        ORDER BY leaf.leaf_index`,
      [range.from, range.to, within.class, within.from, within.to, limit],
    );
    return rows.map(placed);
  }
}

function placed(row: JoinedRow): SealedRow {
  return { ...row, leafIndex: Number(row.leafIndex) };
}
