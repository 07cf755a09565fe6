import { Injectable } from '@nestjs/common';
import { runPrepared } from '../../database/prepared-statements.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';

/** A record that is being sealed, with what addresses its row. */
export interface PendingRow extends StoredAuditRow {
  retentionClass: string;
  /** How many were taken from the line for this answer, those included that had to wait because of what all of them weigh. */
  waiting: number;
}

/** How much is taken at once. */
export interface TakeLimits {
  records: number;
  /** Of all that is taken, at least as much as `recordBytes`. */
  bytes: number;
  /** A longer record is none that this service wrote: it is as if it weren't there. */
  recordBytes: number;
}

/** Of a row `event`: PostgreSQL knows it without reading what is long. */
const RECORD_BYTES = `(${[
  'action',
  'reason',
  'actor_id',
  'actor_name',
  'target_type',
  'target_id',
  'target_name',
  'source_address',
  'user_agent',
  'request_id',
  'trace_id',
  'sealed_states',
]
  .map((column) => `coalesce(octet_length(event.${column}), 0)`)
  .join(' + ')})`;

/**
 * Each record is looked up by its key: a join that PostgreSQL may plan as it likes reads whole months for it. Several of one key can't
 * be in a partition.
 */
const TAKE_PENDING = {
  name: 'audit_take_pending',
  text: `
    WITH waiting AS (
      SELECT ctid AS place, event_id, retention_class, occurred_at FROM audit_pending LIMIT $1 FOR UPDATE SKIP LOCKED
    ), sized AS MATERIALIZED (
      SELECT waiting.place, event.*, sum(coalesce(${RECORD_BYTES}, 0)) OVER (ORDER BY event.occurred_at, event.id ROWS UNBOUNDED PRECEDING) AS total
        FROM waiting LEFT JOIN LATERAL (
          SELECT * FROM audit_events event
           WHERE event.id = waiting.event_id AND event.retention_class = waiting.retention_class AND event.occurred_at = waiting.occurred_at
             AND ${RECORD_BYTES} <= $3 LIMIT 1
        ) event ON true
    ), taken AS (
      DELETE FROM audit_pending WHERE ctid = ANY (ARRAY(SELECT place FROM sized WHERE total <= $2))
    )
    SELECT ${AUDIT_COLUMNS}, (SELECT count(*)::integer FROM waiting) AS waiting FROM sized AS event
     WHERE total <= $2 ORDER BY event.occurred_at, event.id`,
};
const FIND_LOGGED = {
  name: 'audit_find_logged',
  // Without the range of places, by which a plan for any parameters may look instead of by the ids.
  text: 'SELECT event_id AS id, leaf_index AS "leafIndex" FROM audit_leaves WHERE event_id = ANY ($1::uuid[])',
};

/** The line of records that wait to be sealed. */
@Injectable()
export class PendingRecordsRepository {
  /** For how many seconds the oldest record has waited to be sealed; 0 when none waits. */
  async age(tx: Transaction): Promise<number> {
    const [row] = await tx.query<{ seconds: number }[]>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS seconds FROM audit_pending`,
    );
    return row?.seconds ?? 0;
  }

  /** Takes records that wait, oldest first among those that are taken. The id is null of what has no record. */
  take(tx: Transaction, { records, bytes, recordBytes }: TakeLimits): Promise<PendingRow[]> {
    return runPrepared<PendingRow>(tx, TAKE_PENDING, [records, bytes, recordBytes]);
  }

  /** Which of these records lie among the first `size` leaves. */
  async findLogged(tx: Transaction, ids: readonly string[], size: number): Promise<Set<string>> {
    const rows = await runPrepared<{ id: string; leafIndex: string }>(tx, FIND_LOGGED, [ids]);
    const isInLog = (place: number) => place >= 0 && place < size;
    return new Set(rows.filter(({ leafIndex }) => isInLog(Number(leafIndex))).map(({ id }) => id));
  }
}
