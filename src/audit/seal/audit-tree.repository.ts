import { Injectable } from '@nestjs/common';
import type { Tile, TileId } from '../../crypto/merkle/tiles.js';
import { runPrepared } from '../../database/prepared-statements.js';
import type { Transaction } from '../../database/transaction-runner.js';
import type { PendingRow } from './pending-records.repository.js';

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

/** Where a row lies among those of checkpoints, largest first. */
export interface CheckpointPlace {
  id: string;
  size: number;
}

/** Rows that whoever writes to the table put there. */
export interface StrayCheckpoints {
  count: number;
  /** Of the largest of them; null where there is none. */
  largest: number | null;
}

/**
 * Whether a row may be a checkpoint of the log whose origin is $1: its note says its size and root. That it is signed, only the keys know.
 * What says that it was signed at no time of ours would be no time to anybody.
 */
const MAY_BE_SIGNED = `CASE WHEN octet_length(note) > 16384 THEN false
  ELSE starts_with(note, $1::text || E'\\n' || tree_size || E'\\n' || encode(root, 'base64') || E'\\n\\n')
   AND signed_at >= '2000-01-01' AND signed_at < '2200-01-01' END`;

/** A tree of 2^53 leaves has tiles of so many levels. */
const LEVELS = 7;

const INSERT_LEAVES = {
  name: 'audit_insert_leaves',
  text: `
    INSERT INTO audit_leaves (leaf_index, event_id, retention_class, occurred_at)
    SELECT $1::bigint + ordinality - 1, id, class, at::timestamptz
      FROM unnest($2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS leaf (id, class, at, ordinality)`,
};
/** By the two ends of the index: a plan for any size could look through all leaves for one that isn't there. */
const HAS_PLANTED = {
  name: 'audit_has_planted',
  text: `
    SELECT coalesce((SELECT max(leaf_index) FROM audit_leaves) >= $1 OR (SELECT min(leaf_index) FROM audit_leaves) < 0, false) AS planted`,
};
/**
 * Of a log of `size` leaves, as `$n` or a subquery gives it: tiles where it has none, and the last one of a level where it is longer than
 * the log. Written so that each level is a look at the end of the primary key.
 */
export function tilesBeyond(size: string): string {
  return `
    SELECT tile.level, tile.tile_index FROM generate_series(0, ${LEVELS - 1}) AS l (level)
      CROSS JOIN LATERAL (SELECT ${size} >> (8 * (l.level + 1)) AS last, (${size} >> (8 * l.level)) & 255 AS width) AS edge
      JOIN audit_tiles tile ON tile.level = l.level AND tile.tile_index >= edge.last
     WHERE tile.tile_index > edge.last OR octet_length(tile.hashes) > 32 * edge.width
    UNION ALL
    SELECT tile.level, tile.tile_index FROM generate_series(0, ${LEVELS - 1}) AS l (level)
      JOIN audit_tiles tile ON tile.level = l.level AND tile.tile_index < 0
    UNION ALL
    SELECT level, tile_index FROM audit_tiles WHERE level < 0 OR level >= ${LEVELS}`;
}

const HAS_PLANTED_TILES = {
  name: 'audit_has_planted_tiles',
  text: `SELECT EXISTS (${tilesBeyond('$1::bigint')}) AS planted`,
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

  /** Whether rows of leaves lie where a log of this size has none. */
  async hasPlanted(tx: Transaction, size: number): Promise<boolean> {
    const [row] = await runPrepared<{ planted: boolean }>(tx, HAS_PLANTED, [size]);
    return row?.planted ?? false;
  }

  /** Whether tiles lie where a log of this size has none, or are longer than it. */
  async hasPlantedTiles(tx: Transaction, size: number): Promise<boolean> {
    const [row] = await runPrepared<{ planted: boolean }>(tx, HAS_PLANTED_TILES, [size]);
    return row?.planted ?? false;
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

  /** What may be a checkpoint of this log, largest first. */
  async findLargestCheckpoints(
    tx: Transaction,
    { origin, below, after }: { origin: string; below: number | null; after: CheckpointPlace | null },
    limit: number,
  ): Promise<(StoredCheckpoint & CheckpointPlace)[]> {
    const rows = await tx.query<(CheckpointRow & { id: string })[]>(
      `SELECT id, ${CHECKPOINT_COLUMNS} FROM audit_checkpoints
        WHERE tree_size < $2 AND ($3::bigint IS NULL OR (tree_size, id) < ($3, $4::uuid)) AND ${MAY_BE_SIGNED}
        ORDER BY tree_size DESC, id DESC LIMIT $5`,
      [origin, below ?? Number.MAX_SAFE_INTEGER, after?.size ?? null, after?.id ?? null, limit],
    );
    return rows.map((row) => ({ ...row, size: Number(row.size) }));
  }

  /** What may be a checkpoint of this log at these sizes, smallest first. */
  async findCheckpointsOf(tx: Transaction, origin: string, sizes: readonly number[]): Promise<StoredCheckpoint[]> {
    return storedCheckpoints(
      await tx.query<CheckpointRow[]>(
        `SELECT ${CHECKPOINT_COLUMNS} FROM audit_checkpoints
          WHERE tree_size = ANY ($2::bigint[]) AND ${MAY_BE_SIGNED} ORDER BY tree_size, id`,
        [origin, sizes],
      ),
    );
  }

  /** Whether a checkpoint lies there for so long: by the oldest row of it, because anybody can write it there once more. */
  async isOlder(tx: Transaction, { size, note }: StoredCheckpoint, seconds: number): Promise<boolean> {
    const [row] = await tx.query<{ isOlder: boolean }[]>(
      `SELECT min(signed_at) <= clock_timestamp() - make_interval(secs => $3) AS "isOlder"
         FROM audit_checkpoints WHERE tree_size = $1 AND note = $2`,
      [size, note, seconds],
    );
    return row?.isOlder ?? true;
  }

  /** Rows of these sizes that are no checkpoints of this log, whoever wrote them. */
  async strayCheckpoints(
    tx: Transaction,
    origin: string,
    { above, upTo }: { above: number; upTo: number },
  ): Promise<StrayCheckpoints> {
    const [row] = await tx.query<{ count: string; largest: string | null }[]>(
      `SELECT count(*) AS count, max(tree_size) AS largest FROM audit_checkpoints
        WHERE tree_size > $2 AND tree_size <= $3 AND NOT (${MAY_BE_SIGNED})`,
      [origin, above, upTo],
    );
    const largest = row?.largest ?? null;
    return { count: Number(row?.count ?? 0), largest: largest === null ? null : Number(largest) };
  }

  async insertCheckpoint(tx: Transaction, { size, root, note }: Omit<StoredCheckpoint, 'signedAt'>): Promise<void> {
    await tx.query('INSERT INTO audit_checkpoints (tree_size, root, note) VALUES ($1, $2, $3)', [size, root, note]);
  }

  /** What may be a checkpoint of this log, smallest first; all of the last size. */
  async findCheckpoints(
    tx: Transaction,
    { origin, above, upTo }: { origin: string; above: number; upTo: number },
    limit: number,
  ): Promise<StoredCheckpoint[]> {
    return storedCheckpoints(
      await tx.query<CheckpointRow[]>(
        `SELECT ${CHECKPOINT_COLUMNS} FROM audit_checkpoints
          WHERE tree_size > $2 AND tree_size <= $3 AND ${MAY_BE_SIGNED}
          ORDER BY tree_size FETCH FIRST ($4::integer) ROWS WITH TIES`,
        [origin, above, upTo, limit],
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
