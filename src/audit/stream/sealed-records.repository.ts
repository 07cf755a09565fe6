import { Injectable } from '@nestjs/common';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';

export interface SealedRow extends StoredAuditRow {
  leafIndex: number;
}

/** What was read of the log: the records that are still kept among the leaves [from, next). */
export interface SealedRows {
  rows: SealedRow[];
  next: number;
}

interface JoinedRow extends Omit<SealedRow, 'leafIndex' | 'id'> {
  leafIndex: string;
  id: string | null;
}

/** Records by their place in the log. */
@Injectable()
export class SealedRecordsRepository {
  /** Those of up to `limit` leaves from the place `from` on; records of partitions that were dropped are passed over. */
  async findFrom(tx: Transaction, from: number, limit: number): Promise<SealedRows> {
    const joined = await tx.query<JoinedRow[]>(
      `SELECT leaf.leaf_index AS "leafIndex", ${AUDIT_COLUMNS}
         FROM (SELECT * FROM audit_leaves WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2) leaf
         LEFT JOIN audit_events event
           ON event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at
        ORDER BY leaf.leaf_index`,
      [from, limit],
    );
    const last = joined.at(-1);
    return {
      rows: joined.filter(isKept).map((row) => ({ ...row, leafIndex: Number(row.leafIndex) })),
      next: last === undefined ? from : Number(last.leafIndex) + 1,
    };
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
    const rows = await tx.query<(Omit<SealedRow, 'leafIndex'> & { leafIndex: string })[]>(
      `SELECT leaf.leaf_index AS "leafIndex", ${AUDIT_COLUMNS}
         FROM (SELECT * FROM audit_leaves
                WHERE leaf_index >= $1 AND leaf_index < $2 AND retention_class = $3 AND occurred_at >= $4 AND occurred_at < $5
                ORDER BY leaf_index LIMIT $6) leaf
         JOIN audit_events event
           ON event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at
        ORDER BY leaf.leaf_index`,
      [range.from, range.to, within.class, within.from, within.to, limit],
    );
    return rows.map((row) => ({ ...row, leafIndex: Number(row.leafIndex) }));
  }
}

function isKept(row: JoinedRow): row is JoinedRow & { id: string } {
  return row.id !== null;
}
