import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { BulkDecision, BulkRequest, BulkRow } from './bulk-decision.types.js';

const BULK = `b.id, b.actor, b.kind, b.reason, b.until, b.total, b.created_at AS "createdAt", b.finished_at AS "finishedAt",
  (SELECT count(*) FROM drift_bulk_rows r WHERE r.bulk_id = b.id AND r.outcome = 'decided')::int AS decided,
  (SELECT count(*) FROM drift_bulk_rows r WHERE r.bulk_id = b.id AND r.outcome = 'refused')::int AS refused,
  (SELECT count(*) FROM drift_bulk_rows r WHERE r.bulk_id = b.id AND r.outcome = 'failed')::int AS failed`;

const ROW = `r.position, r.change_id AS "changeId", r.change_version AS version, r.outcome, r.code, r.title, r.decided_at AS "decidedAt"`;

type StoredBulk = Omit<BulkDecision, 'actor'> & { actor: string };

@Injectable()
export class BulkDecisionsRepository {
  async findById(tx: Transaction, id: string): Promise<BulkDecision | null> {
    const [row] = await tx.query<StoredBulk[]>(`SELECT ${BULK} FROM drift_bulk_decisions b WHERE b.id = $1`, [id]);
    return row === undefined ? null : { ...row, actor: JSON.parse(row.actor) as CallerActor };
  }

  /** Whom a key of this caller belongs to, and of what request it was. */
  async findByKey(tx: Transaction, actorId: string, key: string): Promise<{ id: string; requestHash: Buffer } | null> {
    const [row] = await tx.query<{ id: string; requestHash: Buffer }[]>(
      `SELECT id, request_hash AS "requestHash" FROM drift_bulk_decisions WHERE actor_id = $1 AND idempotency_key = $2`,
      [actorId, key],
    );
    return row ?? null;
  }

  /** @returns its id; null where the caller has used the key already */
  async insert(
    tx: Transaction,
    actor: CallerActor,
    key: string,
    requestHash: Buffer,
    { kind, reason, until, rows }: BulkRequest,
  ): Promise<string | null> {
    const inserted = await tx.query<{ id: string }[]>(
      `INSERT INTO drift_bulk_decisions (id, actor, actor_id, idempotency_key, request_hash, kind, reason, until, total)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (actor_id, idempotency_key) DO NOTHING RETURNING id`,
      [newId(), JSON.stringify(actor), actor.id, key, requestHash, kind, reason, until, rows.length],
    );
    const id = inserted[0]?.id;
    if (id === undefined) return null;
    await tx.query(
      `INSERT INTO drift_bulk_rows (bulk_id, position, change_id, change_version)
       SELECT $1, position, change_id, version FROM unnest($2::uuid[], $3::integer[]) WITH ORDINALITY AS row (change_id, version, position)`,
      [id, rows.map(({ changeId }) => changeId), rows.map(({ version }) => version)],
    );
    return id;
  }

  /** Whose changes its rows are, as far as they are there. */
  async tenantsOf(tx: Transaction, id: string): Promise<string[]> {
    const rows = await tx.query<{ tenantId: string }[]>(
      `SELECT DISTINCT c.tenant_id AS "tenantId" FROM drift_bulk_rows r JOIN drift_changes c ON c.id = r.change_id
        WHERE r.bulk_id = $1`,
      [id],
    );
    return rows.map(({ tenantId }) => tenantId);
  }

  /**
   * The next row after a position that waits, locked until the transaction ends; one that another instance is at is left to it.
   */
  async takeNext(tx: Transaction, id: string, after: number): Promise<BulkRow | null> {
    const rows = await tx.query<BulkRow[]>(
      `SELECT ${ROW} FROM drift_bulk_rows r WHERE r.bulk_id = $1 AND r.outcome IS NULL AND r.position > $2
        ORDER BY r.position LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [id, after],
    );
    return rows[0] ?? null;
  }

  /** A try of a row came to nothing. @returns how many did by now; 0 where somebody has answered it meanwhile */
  async countAttempt(tx: Transaction, id: string, position: number): Promise<number> {
    const [rows] = await tx.query<[{ attempts: number }[], number]>(
      `UPDATE drift_bulk_rows SET attempts = attempts + 1
        WHERE bulk_id = $1 AND position = $2 AND outcome IS NULL RETURNING attempts`,
      [id, position],
    );
    return rows[0]?.attempts ?? 0;
  }

  async answer(
    tx: Transaction,
    id: string,
    position: number,
    answer: Pick<BulkRow, 'outcome' | 'code' | 'title'>,
  ): Promise<void> {
    await tx.query(
      `UPDATE drift_bulk_rows SET outcome = $3, code = $4, title = $5, decided_at = now()
        WHERE bulk_id = $1 AND position = $2 AND outcome IS NULL`,
      [id, position, answer.outcome, answer.code, answer.title],
    );
  }

  /** @returns whether it was this call that ended it: true once */
  async finish(tx: Transaction, id: string): Promise<boolean> {
    const [rows] = await tx.query<[unknown[], number]>(
      `UPDATE drift_bulk_decisions b SET finished_at = now()
        WHERE b.id = $1 AND b.finished_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM drift_bulk_rows r WHERE r.bulk_id = b.id AND r.outcome IS NULL)
        RETURNING b.id`,
      [id],
    );
    return rows.length > 0;
  }

  /** What isn't finished, if nothing of all of it was decided for so long: whoever was at it was killed. The oldest first. */
  async findStalled(tx: Transaction, seconds: number): Promise<string[]> {
    const rows = await tx.query<{ id: string; quiet: boolean }[]>(
      `SELECT b.id, greatest(b.created_at, (SELECT max(r.decided_at) FROM drift_bulk_rows r WHERE r.bulk_id = b.id))
                      < statement_timestamp() - make_interval(secs => $1::double precision) AS quiet
         FROM drift_bulk_decisions b WHERE b.finished_at IS NULL ORDER BY b.id`,
      [seconds],
    );
    return rows.every(({ quiet }) => quiet) ? rows.map(({ id }) => id) : [];
  }

  async findRows(tx: Transaction, id: string, limit: number, after: number): Promise<BulkRow[]> {
    return tx.query<BulkRow[]>(
      `SELECT ${ROW} FROM drift_bulk_rows r WHERE r.bulk_id = $1 AND r.position > $2 ORDER BY r.position LIMIT $3`,
      [id, after, limit],
    );
  }

  /** @returns how many were deleted, rows with them */
  async deleteFinished(tx: Transaction, days: number, limit: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown[], number]>(
      `DELETE FROM drift_bulk_decisions WHERE id IN (
         SELECT id FROM drift_bulk_decisions WHERE finished_at < now() - make_interval(days => $1)
          ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return deleted;
  }
}
