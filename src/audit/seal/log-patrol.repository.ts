import { Injectable } from '@nestjs/common';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS, RECORD_OF_LEAF, timeText } from '../log/audit-columns.js';
import { type DroppedMonth, droppedParameters, monthStands } from '../log/month-stands.js';
import type { StoredAuditRow } from '../log/open-states.js';
import { tilesBeyond } from './audit-tree.repository.js';

/** The primary key of audit_events. */
export interface RecordKey {
  id: string;
  retentionClass: string;
  /** RFC 3339, UTC, microseconds. */
  occurredAt: string;
}

/** A leaf's row, with the record that it names. */
export interface PatrolledLeaf {
  leafIndex: number;
  eventId: string;
  /** Null where there is none. */
  record: StoredAuditRow | null;
  /** Whether there must be one. */
  monthStands: boolean;
}

/** A piece of the table's records. */
export interface PatrolledRecords {
  /** Ids of those that neither lay in the log nor waited for it, and wait now. */
  unlogged: string[];
  /** Ids of those that have the id of another one, which is in the log: the log can take no second. */
  doubles: string[];
  /** The last one that was looked at; null when the end was reached. */
  last: RecordKey | null;
}

export interface PlantedLeaves {
  count: number;
  places: number[];
}

export interface StoredPlace {
  sealed: Buffer | null;
  /** ms of the database's clock. */
  now: number;
}

/**
 * `leaf` is in the log. Its size is read in the statement, which sees the log as it is at one moment; $1 says whether that size is
 * believed. Where it isn't, every leaf is: what is in none is missed all the same.
 */
const IN_LOG = 'leaf.leaf_index >= 0 AND (NOT $1::boolean OR leaf.leaf_index < (SELECT size FROM audit_trees))';
const WAITS = `EXISTS (SELECT FROM audit_pending pending
  WHERE pending.event_id = event.id AND pending.retention_class = event.retention_class AND pending.occurred_at = event.occurred_at)`;

/** Compares the records with the leaves of the log, and keeps the patrol's place. */
@Injectable()
export class LogPatrolRepository {
  /** Two instances must not enqueue the same records. */
  async lockLine(tx: Transaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('audit patrol'))`);
  }

  /**
   * Young records that neither lie in the log nor wait for it, put among those that wait; for whoever has locked the line. Reading and
   * writing are one statement: the sealer takes a record from the one to the other in a transaction, so that nothing it does looks like
   * a gap.
   *
   * @returns their ids
   */
  async enqueueUnlogged(
    tx: Transaction,
    isSizeBelieved: boolean,
    sinceSeconds: number,
    limit: number,
  ): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `INSERT INTO audit_pending (event_id, retention_class, occurred_at)
       SELECT event.id, event.retention_class, event.occurred_at FROM audit_events event
        WHERE event.occurred_at > now() - make_interval(secs => $2)
          AND NOT EXISTS (SELECT FROM audit_leaves leaf WHERE leaf.event_id = event.id AND ${IN_LOG})
          AND NOT ${WAITS}
        ORDER BY event.occurred_at LIMIT $3
       ON CONFLICT (event_id) DO NOTHING RETURNING event_id AS id`,
      [isSizeBelieved, sinceSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** The same for up to `limit` records of whatever age, in the order of their keys; for whoever has locked the line. */
  async walkRecords(
    tx: Transaction,
    isSizeBelieved: boolean,
    after: RecordKey | null,
    limit: number,
  ): Promise<PatrolledRecords> {
    const [row] = await tx.query<{ count: string; last: RecordKey | null; unlogged: string[]; doubles: string[] }[]>(
      `WITH event AS MATERIALIZED (
         SELECT id, retention_class, occurred_at FROM audit_events
          WHERE (id, retention_class, occurred_at) > ($2::uuid, $3::text, $4::timestamptz)
          ORDER BY id, retention_class, occurred_at LIMIT $5),
       outside AS MATERIALIZED (
         SELECT event.*, leaf.event_id IS NOT NULL AS is_double
           FROM event LEFT JOIN audit_leaves leaf ON leaf.event_id = event.id AND ${IN_LOG}
          WHERE (leaf.event_id IS NULL OR NOT (${RECORD_OF_LEAF})) AND NOT ${WAITS}),
       enqueued AS (
         INSERT INTO audit_pending (event_id, retention_class, occurred_at)
         SELECT id, retention_class, occurred_at FROM outside WHERE NOT is_double
         ON CONFLICT (event_id) DO NOTHING RETURNING event_id)
       SELECT (SELECT count(*) FROM event) AS count,
              (SELECT json_build_object('id', id, 'retentionClass', retention_class, 'occurredAt', ${timeText('occurred_at')})
                 FROM event ORDER BY event.id DESC, event.retention_class DESC, event.occurred_at DESC LIMIT 1) AS last,
              ARRAY(SELECT event_id::text FROM enqueued) AS unlogged,
              ARRAY(SELECT id::text FROM outside WHERE is_double) AS doubles`,
      [isSizeBelieved, after?.id ?? FIRST_KEY.id, after?.retentionClass ?? '', after?.occurredAt ?? '-infinity', limit],
    );
    if (row === undefined) throw new Error('a count gave no row');
    const { count, last, unlogged, doubles } = row;
    return { unlogged, doubles, last: Number(count) < limit ? null : last };
  }

  /** Those leaves of a range that have a row, by place. */
  async findLeaves(
    tx: Transaction,
    { from, to }: LeafRange,
    dropped: readonly DroppedMonth[],
  ): Promise<PatrolledLeaf[]> {
    type Joined = Omit<StoredAuditRow, 'id'> & {
      id: string | null;
      leafIndex: string;
      eventId: string;
      monthStands: boolean;
    };
    const rows = await tx.query<Joined[]>(
      `SELECT leaf.leaf_index AS "leafIndex", leaf.event_id AS "eventId", event.id IS NOT NULL OR ${monthStands(3)} AS "monthStands",
              ${AUDIT_COLUMNS}
         FROM audit_leaves leaf LEFT JOIN audit_events event ON ${RECORD_OF_LEAF}
        WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
        ORDER BY leaf.leaf_index`,
      [from, to, ...droppedParameters(dropped)],
    );
    return rows.map(({ leafIndex, eventId, monthStands, id, ...row }) => ({
      leafIndex: Number(leafIndex),
      eventId,
      monthStands,
      record: id === null ? null : { id, ...row },
    }));
  }

  /** Rows of leaves that lie outside of the log, where its size is believed. @param limit of the places that are named */
  async findPlanted(tx: Transaction, limit: number): Promise<PlantedLeaves> {
    const [row] = await tx.query<{ count: string; places: string[] }[]>(
      `WITH planted AS (SELECT leaf_index FROM audit_leaves WHERE leaf_index < 0 OR leaf_index >= (SELECT size FROM audit_trees))
       SELECT (SELECT count(*) FROM planted) AS count,
              ARRAY(SELECT leaf_index::text FROM planted ORDER BY leaf_index LIMIT $1) AS places`,
      [limit],
    );
    return { count: Number(row?.count ?? 0), places: (row?.places ?? []).map(Number) };
  }

  /** Tiles that lie outside of it, or are longer. */
  async findPlantedTiles(tx: Transaction, limit: number): Promise<{ count: number; tiles: string[] }> {
    const [row] = await tx.query<{ count: string; tiles: string[] }[]>(
      `WITH planted AS (${tilesBeyond('(SELECT size FROM audit_trees)')})
       SELECT (SELECT count(*) FROM planted) AS count,
              ARRAY(SELECT level || '/' || tile_index FROM planted ORDER BY level, tile_index LIMIT $1) AS tiles`,
      [limit],
    );
    return { count: Number(row?.count ?? 0), tiles: row?.tiles ?? [] };
  }

  /** Rows of checkpoints of more records than it has: what was signed was sealed. */
  async countPlantedCheckpoints(tx: Transaction): Promise<number> {
    const [row] = await tx.query<{ count: string }[]>(
      'SELECT count(*) AS count FROM audit_checkpoints WHERE tree_size > (SELECT size FROM audit_trees)',
    );
    return Number(row?.count ?? 0);
  }

  /** Whoever has it is the only patrol until the transaction ends; null while another one is. */
  async lockPlace(tx: Transaction): Promise<StoredPlace | null> {
    await tx.query('INSERT INTO audit_patrols (id) VALUES (1) ON CONFLICT (id) DO NOTHING');
    return this.place(tx, 'FOR UPDATE SKIP LOCKED');
  }

  async readPlace(tx: Transaction): Promise<StoredPlace> {
    const place = await this.place(tx, '');
    if (place === null) throw new Error('the row of audit_patrols is gone');
    return place;
  }

  async savePlace(tx: Transaction, sealed: Buffer): Promise<void> {
    await tx.query('UPDATE audit_patrols SET sealed_state = $1', [sealed]);
  }

  private async place(tx: Transaction, locking: string): Promise<StoredPlace | null> {
    const [row] = await tx.query<StoredPlace[]>(
      `SELECT sealed_state AS sealed, floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now FROM audit_patrols ${locking}`,
    );
    return row ?? null;
  }
}

/** Below every key that a row has. */
const FIRST_KEY = { id: '00000000-0000-0000-0000-000000000000' };
