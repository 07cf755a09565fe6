import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { type DroppedMonth, droppedParameters, monthStands } from '../log/month-stands.js';

/** A leaf without its record, although retention didn't drop the month it was written in. */
export interface LostRecord {
  leafIndex: number;
  eventId: string;
}

export interface PatrolledLeaves {
  lost: LostRecord[];
  /** Where to go on; null at the end of the log. */
  next: number | null;
}

/** Compares the records with the leaves of the log. */
@Injectable()
export class LogPatrolRepository {
  /**
   * Records of a time that neither lie in the log nor wait for it, put among those that wait. Reading and writing are one statement: the
   * sealer takes a record from the one to the other in a transaction, so that nothing it does looks like a gap.
   *
   * @returns their ids
   */
  async enqueueUnlogged(tx: Transaction, sinceSeconds: number, limit: number): Promise<string[]> {
    // Two instances must not enqueue the same ones.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('audit patrol'))`);
    const rows = await tx.query<{ id: string }[]>(
      `INSERT INTO audit_pending (event_id, retention_class, occurred_at)
       SELECT event.id, event.retention_class, event.occurred_at FROM audit_events event
        WHERE event.occurred_at > now() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT FROM audit_leaves leaf WHERE leaf.event_id = event.id)
          AND NOT EXISTS (SELECT FROM audit_pending pending WHERE pending.event_id = event.id)
        ORDER BY event.occurred_at LIMIT $2
       RETURNING event_id AS id`,
      [sinceSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Those of up to `limit` leaves from the place `from` on. */
  async findLost(
    tx: Transaction,
    from: number,
    limit: number,
    dropped: readonly DroppedMonth[],
  ): Promise<PatrolledLeaves> {
    const rows = await tx.query<{ leafIndex: string; eventId: string; isLost: boolean }[]>(
      `SELECT leaf.leaf_index AS "leafIndex", leaf.event_id AS "eventId",
              event.id IS NULL AND ${monthStands(3)} AS "isLost"
         FROM (SELECT * FROM audit_leaves WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2) leaf
         LEFT JOIN audit_events event
           ON event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at
        ORDER BY leaf.leaf_index`,
      [from, limit, ...droppedParameters(dropped)],
    );
    const last = rows.length < limit ? undefined : rows.at(-1);
    return {
      lost: rows
        .filter(({ isLost }) => isLost)
        .map(({ leafIndex, eventId }) => ({ leafIndex: Number(leafIndex), eventId })),
      next: last === undefined ? null : Number(last.leafIndex) + 1,
    };
  }
}
