import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** Where a record lies in the log. */
export interface LeafPlace {
  leafIndex: number;
  leafHash: Buffer;
}

/** Reads what was sealed: places, and whether something still waits. */
@Injectable()
export class SealedLogRepository {
  /** Of those of the records that are among the first `size` leaves, by their id. */
  async findPlaces(tx: Transaction, ids: readonly string[], size: number): Promise<Map<string, LeafPlace>> {
    const rows = await tx.query<{ id: string; leafIndex: string; leafHash: Buffer }[]>(
      `SELECT leaf.event_id AS id, leaf.leaf_index AS "leafIndex",
              substring(tile.hashes FROM (leaf.leaf_index % 256)::integer * 32 + 1 FOR 32) AS "leafHash"
         FROM audit_leaves leaf
         JOIN audit_tiles tile ON tile.level = 0 AND tile.tile_index = leaf.leaf_index / 256
        WHERE leaf.event_id = ANY ($1::uuid[]) AND leaf.leaf_index >= 0 AND leaf.leaf_index < $2`,
      [ids, size],
    );
    return new Map(rows.map(({ id, leafIndex, leafHash }) => [id, { leafIndex: Number(leafIndex), leafHash }]));
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
}
