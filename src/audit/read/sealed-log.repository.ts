import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';
import type { StoredCheckpoint } from '../seal/audit-tree.repository.js';
import type { AuditFilter } from './audit-filter.js';
import { addFilter, addReach, Conditions } from './filter-conditions.js';
import type { TenantReach } from './tenant-reach.js';

/** Where a record lies in the log. */
export interface LeafPlace {
  leafIndex: number;
  leafHash: Buffer;
}

export interface PlacedRow extends StoredAuditRow {
  leafIndex: number;
}

/** Leaves from `from` on, before `to`. */
export interface LeafWindow {
  from: number;
  to: number;
}

const CHECKPOINT = 'tree_size AS size, root, note, signed_at AS "signedAt"';
type CheckpointRow = Omit<StoredCheckpoint, 'size'> & { size: string };

/** Reads what was sealed: places, records in their order, checkpoints. */
@Injectable()
export class SealedLogRepository {
  /** Of those of the records that are sealed, by their id. */
  async findPlaces(tx: Transaction, ids: readonly string[]): Promise<Map<string, LeafPlace>> {
    const rows = await tx.query<{ id: string; leafIndex: string; leafHash: Buffer }[]>(
      `SELECT leaf.event_id AS id, leaf.leaf_index AS "leafIndex",
              substring(tile.hashes FROM (leaf.leaf_index % 256)::integer * 32 + 1 FOR 32) AS "leafHash"
         FROM audit_leaves leaf
         JOIN audit_tiles tile ON tile.level = 0 AND tile.tile_index = leaf.leaf_index / 256
        WHERE leaf.event_id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, leafIndex, leafHash }) => [id, { leafIndex: Number(leafIndex), leafHash }]));
  }

  /** Up to `limit` records of a window that match, by place. Records whose time to be kept is over are passed over. */
  async findWindow(
    tx: Transaction,
    { from, to }: LeafWindow,
    filter: AuditFilter,
    reach: TenantReach,
    limit: number,
  ): Promise<PlacedRow[]> {
    const conditions = new Conditions();
    conditions.add('leaf.leaf_index >= ?', from);
    conditions.add('leaf.leaf_index < ?', to);
    // Said of the leaves too, so that those of other times cost no look at their records.
    if (filter.from !== undefined) conditions.add('leaf.occurred_at >= ?', filter.from);
    if (filter.to !== undefined) conditions.add('leaf.occurred_at < ?', filter.to);
    addFilter(conditions, filter);
    addReach(conditions, reach);
    const rows = await tx.query<(StoredAuditRow & { leafIndex: string })[]>(
      `SELECT leaf.leaf_index AS "leafIndex", ${AUDIT_COLUMNS}
         FROM audit_leaves leaf
         JOIN audit_events event
           ON event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at
        WHERE ${conditions.text()} ORDER BY leaf.leaf_index LIMIT ${conditions.value(limit)}`,
      conditions.values,
    );
    return rows.map((row) => ({ ...row, leafIndex: Number(row.leafIndex) }));
  }

  async now(tx: Transaction): Promise<string> {
    const [row] = await tx.query<{ now: string }[]>('SELECT clock_timestamp()::text AS now');
    return row?.now ?? 'infinity';
  }

  /** Whether something that was recorded until then still waits. @param time as `now` gave it */
  async isWaiting(tx: Transaction, time: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>('SELECT 1 FROM audit_pending WHERE occurred_at <= $1::timestamptz LIMIT 1', [
      time,
    ]);
    return rows.length > 0;
  }

  async newestCheckpoint(tx: Transaction): Promise<StoredCheckpoint | null> {
    const [newest] = await this.findCheckpoints(tx, null, 1);
    return newest ?? null;
  }

  /** Largest first, smaller than `before`. */
  async findCheckpoints(tx: Transaction, before: number | null, limit: number): Promise<StoredCheckpoint[]> {
    const rows = await tx.query<CheckpointRow[]>(
      `SELECT ${CHECKPOINT} FROM audit_checkpoints WHERE $1::bigint IS NULL OR tree_size < $1 ORDER BY tree_size DESC LIMIT $2`,
      [before, limit],
    );
    return rows.map(checkpoint);
  }

  /** Those of these sizes that there are, smallest first. */
  async checkpointsOf(tx: Transaction, sizes: readonly number[]): Promise<StoredCheckpoint[]> {
    const rows = await tx.query<CheckpointRow[]>(
      `SELECT ${CHECKPOINT} FROM audit_checkpoints WHERE tree_size = ANY ($1::bigint[]) ORDER BY tree_size`,
      [sizes],
    );
    return rows.map(checkpoint);
  }
}

function checkpoint(row: CheckpointRow): StoredCheckpoint {
  return { ...row, size: Number(row.size) };
}
