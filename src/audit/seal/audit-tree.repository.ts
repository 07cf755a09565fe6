import { Injectable } from '@nestjs/common';
import type { Tile, TileId } from '../../crypto/merkle/tiles.js';
import { runPrepared } from '../../database/prepared-statements.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';

/** The tree as its row says it is. */
export interface AuditTreeRow {
  origin: string;
  size: number;
  /** Checkpoints up to this size have left the system. */
  publishedSize: number;
  /** See TreeHeads. */
  sealedHead: Buffer | null;
}

export interface StoredCheckpoint {
  size: number;
  root: Buffer;
  note: string;
  signedAt: Date;
}

/** `bigint` comes as text. */
export type CheckpointRow = Omit<StoredCheckpoint, 'size'> & { size: string };
export const CHECKPOINT_COLUMNS = 'tree_size AS size, root, note, signed_at AS "signedAt"';

export function storedCheckpoints(rows: readonly CheckpointRow[]): StoredCheckpoint[] {
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** A record that is being sealed, with what addresses its row. */
export interface PendingRow extends StoredAuditRow {
  retentionClass: string;
}

/** The newest checkpoint, and whether the next one is due. */
export interface CheckpointAge {
  size: number;
  root: Buffer;
  ageSeconds: number;
}

const TAKE_PENDING = {
  name: 'audit_take_pending',
  text: `
    WITH taken AS (
      DELETE FROM audit_pending
       WHERE ctid = ANY (ARRAY(SELECT ctid FROM audit_pending LIMIT $1 FOR UPDATE SKIP LOCKED))
      RETURNING event_id, retention_class, occurred_at
    )
    SELECT ${AUDIT_COLUMNS}, event.retention_class AS "retentionClass"
      FROM taken LEFT JOIN audit_events event
        ON event.id = taken.event_id AND event.retention_class = taken.retention_class AND event.occurred_at = taken.occurred_at
     ORDER BY event.occurred_at, event.id`,
};
const INSERT_LEAVES = {
  name: 'audit_insert_leaves',
  text: `
    INSERT INTO audit_leaves (leaf_index, event_id, retention_class, occurred_at)
    SELECT $1::bigint + ordinality - 1, id, class, at::timestamptz
      FROM unnest($2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS leaf (id, class, at, ordinality)`,
};
const FIND_LOGGED = {
  name: 'audit_find_logged',
  text: 'SELECT event_id AS id FROM audit_leaves WHERE event_id = ANY ($1::uuid[])',
};
const SAVE_TILES = {
  name: 'audit_save_tiles',
  text: `
    INSERT INTO audit_tiles (level, tile_index, hashes) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
    ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes`,
};

/** The Merkle tree of the trail as it lies in the database: leaves, tiles, checkpoints, and the one row that says how far it is. */
@Injectable()
export class AuditTreeRepository {
  /** Of several instances one names the log; its name never changes. */
  async makeTree(tx: Transaction, origin: string): Promise<void> {
    await tx.query('INSERT INTO audit_trees (id, origin) VALUES (1, $1) ON CONFLICT (id) DO NOTHING', [origin]);
  }

  async findTree(tx: Transaction): Promise<AuditTreeRow | null> {
    return this.tree(tx, '');
  }

  /** Whoever holds the row is the only sealer until the transaction ends; null while another one is. */
  lockTree(tx: Transaction): Promise<AuditTreeRow | null> {
    return this.tree(tx, 'FOR UPDATE SKIP LOCKED');
  }

  /** For how many seconds the oldest record has waited to be sealed; 0 when none waits. */
  async pendingAge(tx: Transaction): Promise<number> {
    const [row] = await tx.query<{ seconds: number }[]>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS seconds FROM audit_pending`,
    );
    return row?.seconds ?? 0;
  }

  /** Takes records that wait, oldest first among those that are taken. */
  takePending(tx: Transaction, limit: number): Promise<PendingRow[]> {
    return runPrepared<PendingRow>(tx, TAKE_PENDING, [limit]);
  }

  /** Which of these records lie in the log already. */
  async findLogged(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
    const rows = await runPrepared<{ id: string }>(tx, FIND_LOGGED, [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  async insertLeaves(tx: Transaction, first: number, rows: readonly PendingRow[]): Promise<void> {
    await runPrepared(tx, INSERT_LEAVES, [
      first,
      rows.map(({ id }) => id),
      rows.map(({ retentionClass }) => retentionClass),
      rows.map(({ occurredAt }) => occurredAt),
    ]);
  }

  async readTiles(tx: Transaction, ids: readonly TileId[]): Promise<Tile[]> {
    const rows = await tx.query<{ level: number; index: string; hashes: Buffer }[]>(
      `SELECT level, tile_index AS index, hashes FROM audit_tiles
         JOIN unnest($1::smallint[], $2::bigint[]) AS asked (l, i) ON level = asked.l AND tile_index = asked.i`,
      [ids.map(({ level }) => level), ids.map(({ index }) => index)],
    );
    return rows.map(({ level, index, hashes }) => ({ level, index: Number(index), hashes }));
  }

  async saveTiles(tx: Transaction, tiles: readonly Tile[]): Promise<void> {
    await runPrepared(tx, SAVE_TILES, [
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ hashes }) => hashes),
    ]);
  }

  /** Waits for whoever holds the row. */
  lockTreeAfterOthers(tx: Transaction): Promise<AuditTreeRow | null> {
    return this.tree(tx, 'FOR UPDATE');
  }

  /** For whoever holds the row. */
  async setHead(
    tx: Transaction,
    { size, publishedSize }: Pick<AuditTreeRow, 'size' | 'publishedSize'>,
    sealedHead: Buffer,
  ): Promise<void> {
    await tx.query('UPDATE audit_trees SET size = $1, published_size = $2, sealed_head = $3', [
      size,
      publishedSize,
      sealedHead,
    ]);
  }

  async newestCheckpoint(tx: Transaction): Promise<CheckpointAge | null> {
    const [row] = await tx.query<{ size: string; root: Buffer; seconds: number }[]>(
      `SELECT tree_size AS size, root, extract(epoch FROM clock_timestamp() - signed_at)::float8 AS seconds
         FROM audit_checkpoints ORDER BY tree_size DESC LIMIT 1`,
    );
    return row === undefined ? null : { size: Number(row.size), root: row.root, ageSeconds: row.seconds };
  }

  async insertCheckpoint(tx: Transaction, { size, root, note }: Omit<StoredCheckpoint, 'signedAt'>): Promise<void> {
    await tx.query('INSERT INTO audit_checkpoints (tree_size, root, note) VALUES ($1, $2, $3)', [size, root, note]);
  }

  /** By size, smallest first. */
  async findCheckpoints(
    tx: Transaction,
    { above, upTo }: { above: number; upTo: number },
    limit: number,
  ): Promise<StoredCheckpoint[]> {
    return storedCheckpoints(
      await tx.query<CheckpointRow[]>(
        `SELECT ${CHECKPOINT_COLUMNS} FROM audit_checkpoints
          WHERE tree_size > $1 AND tree_size <= $2 ORDER BY tree_size LIMIT $3`,
        [above, upTo, limit],
      ),
    );
  }

  private async tree(tx: Transaction, locking: string): Promise<AuditTreeRow | null> {
    const [row] = await tx.query<{ origin: string; size: string; publishedSize: string; sealedHead: Buffer | null }[]>(
      `SELECT origin, size, published_size AS "publishedSize", sealed_head AS "sealedHead" FROM audit_trees ${locking}`,
    );
    return row === undefined ? null : { ...row, size: Number(row.size), publishedSize: Number(row.publishedSize) };
  }
}
