import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { LostRun, Renewal, SlotOverview, SlotRow, SlotRun, SlotStatus, SlotTrigger } from './job-slot.types.js';

/** What an UPDATE or DELETE with RETURNING gives: the rows and their number. */
type Changed<Row> = [Row[], number];

/** Slots older than these many intervals are not run any more, unless they are so young that a lost run may just be taken over. */
const BACKLOG_SLOTS = 12;
const BACKLOG_SECONDS = 120;
/** After a long standstill the newest of the missed slots are listed, not all of them. */
const LISTED_MISSED_SLOTS = 1000;

interface ClaimedRow {
  id: string;
  job: string;
  key: string;
  trigger: SlotTrigger;
  slot_at: Date;
  fence: string;
  attempt: number;
  requested_by: string | null;
}

/** The table job_slots. All times in it are the database's: the clocks of two instances may differ. */
@Injectable()
export class JobSlotsRepository {
  /**
   * The slots that became due since the newest one that is known, oldest first; only the current one when none is known.
   * Slots stand at multiples of the interval since 1970, so that all instances see the same ones.
   */
  async findDueEpochs(tx: Transaction, job: string, key: string, intervalSeconds: number): Promise<number[]> {
    const rows = await tx.query<{ epoch: string }[]>(
      `WITH clock AS (SELECT floor(extract(epoch FROM statement_timestamp()) / $3::int)::bigint * $3::int AS current),
            known AS (
              SELECT ceil(extract(epoch FROM max(slot_at)))::bigint AS newest
                FROM job_slots WHERE job = $1 AND key = $2 AND trigger = 'schedule')
       SELECT due AS epoch
         FROM clock, known, generate_series(
                greatest(coalesce((newest / $3::int + 1) * $3::int, current), current - ${LISTED_MISSED_SLOTS} * $3::bigint),
                current, $3::bigint) AS due
        ORDER BY due`,
      [job, key, intervalSeconds],
    );
    return rows.map(({ epoch }) => Number(epoch));
  }

  /** Inserts the slots that nobody else inserted meanwhile. */
  async insertScheduled(tx: Transaction, job: string, key: string, epochs: number[]): Promise<void> {
    await tx.query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       SELECT id, $1, $2, 'schedule', to_timestamp(epoch), 'pending'
         FROM unnest($3::uuid[], $4::bigint[]) AS due (id, epoch)
       ON CONFLICT (job, key, slot_at) WHERE trigger = 'schedule' DO NOTHING`,
      [job, key, epochs.map(() => newId()), epochs],
    );
  }

  /** @returns how many slots were given up */
  async giveUpBacklog(tx: Transaction, job: string, key: string, intervalSeconds: number): Promise<number> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE job_slots
          SET status = CASE WHEN attempt = 0 THEN 'missed' ELSE 'failed' END,
              reason = coalesce(reason, 'No instance ran this slot while it was due.'),
              finished_at = statement_timestamp()
        WHERE job = $1 AND key = $2 AND trigger = 'schedule' AND status = 'pending'
          AND slot_at < statement_timestamp() - make_interval(secs => greatest($3::double precision * ${BACKLOG_SLOTS}, ${BACKLOG_SECONDS}))`,
      [job, key, intervalSeconds],
    );
    return count;
  }

  async findPendingManual(tx: Transaction, job: string, key: string): Promise<string | null> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM job_slots WHERE job = $1 AND key = $2 AND trigger = 'manual' AND status = 'pending' AND attempt = 0
        ORDER BY slot_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [job, key],
    );
    return rows[0]?.id ?? null;
  }

  async insertManual(tx: Transaction, job: string, key: string, requestedBy: Actor): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status, requested_by)
       VALUES ($1, $2, $3, 'manual', clock_timestamp(), 'pending', $4)`,
      [id, job, key, JSON.stringify(requestedBy)],
    );
    return id;
  }

  /** The slots whose last allowed run was lost. */
  async findExhausted(tx: Transaction, job: string, maxAttempts: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM job_slots
        WHERE job = $1 AND status = 'running' AND lease_until < statement_timestamp() AND attempt >= $2
        ORDER BY slot_at, id`,
      [job, maxAttempts],
    );
    return rows.map(({ id }) => id);
  }

  /** Ends a slot whose last allowed run was lost. @returns null when somebody else is just doing it, or has done it */
  async failExhausted(tx: Transaction, id: string, maxAttempts: number): Promise<LostRun | null> {
    const [rows] = await tx.query<Changed<ClaimedRow & { reason: string }>>(
      `UPDATE job_slots
          SET status = 'failed', finished_at = statement_timestamp(), lease_until = NULL,
              reason = coalesce(reason, 'The instance that ran it stopped before the end, ' || attempt || ' times.')
        WHERE id = (SELECT id FROM job_slots
                     WHERE id = $1 AND status = 'running' AND lease_until < statement_timestamp() AND attempt >= $2
                       FOR UPDATE SKIP LOCKED)
       RETURNING id, job, key, trigger, slot_at, fence, attempt, requested_by, reason`,
      [id, maxAttempts],
    );
    const row = rows[0];
    return row === undefined ? null : { run: runOf(row, 0), reason: row.reason };
  }

  /**
   * Takes the oldest slot that waits or whose runner let its lease expire, in one statement. That no (job, key) has two
   * running slots is what the partial unique index uq_job_slots_job_key_running guarantees: of two claims that don't see
   * each other the later one fails with 23505.
   */
  async claim(
    tx: Transaction,
    job: string,
    { key, except }: { key: string | null; except: readonly string[] },
    leaseSeconds: number,
    owner: string,
    maxAttempts: number,
  ): Promise<SlotRun | null> {
    const [rows] = await tx.query<Changed<ClaimedRow>>(
      `WITH free AS (
         SELECT s.id FROM job_slots s
          WHERE s.job = $1 AND ($2::text IS NULL OR s.key = $2) AND s.key <> ALL ($6::text[])
            AND (s.status = 'pending' AND s.not_before <= statement_timestamp()
              OR s.status = 'running' AND s.lease_until < statement_timestamp() AND s.attempt < $5)
            AND NOT EXISTS (SELECT 1 FROM job_slots r
                             WHERE r.job = s.job AND r.key = s.key AND r.status = 'running' AND r.id <> s.id)
          ORDER BY s.slot_at, s.id
          LIMIT 1
            FOR UPDATE OF s SKIP LOCKED)
       UPDATE job_slots
          SET status = 'running', attempt = attempt + 1, fence = nextval('job_fences'), owner = $4,
              lease_until = statement_timestamp() + make_interval(secs => $3::double precision),
              started_at = statement_timestamp()
         FROM free WHERE job_slots.id = free.id
       RETURNING job_slots.id, job, key, trigger, slot_at, fence, attempt, requested_by`,
      [job, key, leaseSeconds, owner, maxAttempts, except],
    );
    return rows[0] === undefined ? null : runOf(rows[0], leaseSeconds);
  }

  async isWaiting(tx: Transaction, job: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT 1 FROM job_slots s
        WHERE s.job = $1 AND s.status = 'pending' AND s.not_before <= statement_timestamp()
          AND NOT EXISTS (SELECT 1 FROM job_slots r WHERE r.job = s.job AND r.key = s.key AND r.status = 'running')
        LIMIT 1`,
      [job],
    );
    return rows.length > 0;
  }

  /** Doesn't wait for a transaction that is just completing the run. */
  async renew(tx: Transaction, run: SlotRun): Promise<Renewal> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE job_slots SET lease_until = statement_timestamp() + make_interval(secs => $3::double precision)
        WHERE id = (SELECT id FROM job_slots WHERE id = $1 AND fence = $2 AND status = 'running' FOR UPDATE SKIP LOCKED)`,
      [run.id, run.fence, run.leaseSeconds],
    );
    if (count === 1) return 'renewed';
    const rows = await tx.query<{ fence: string | null; status: SlotStatus }[]>(
      'SELECT fence, status FROM job_slots WHERE id = $1',
      [run.id],
    );
    if (rows[0]?.fence !== run.fence) return 'overtaken';
    return rows[0].status === 'running' ? 'busy' : 'finished';
  }

  /** Locks the slot until the transaction ends, so that nobody takes over while it commits. */
  async lockIfMine(tx: Transaction, run: SlotRun): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT 1 FROM job_slots WHERE id = $1 AND fence = $2 AND status = 'running' FOR UPDATE`,
      [run.id, run.fence],
    );
    return rows.length === 1;
  }

  async complete(tx: Transaction, run: SlotRun, result: JsonObject | null): Promise<void> {
    await tx.query(
      `UPDATE job_slots SET status = 'completed', result = $2, reason = NULL, lease_until = NULL, finished_at = clock_timestamp()
        WHERE id = $1`,
      [run.id, result === null ? null : JSON.stringify(result)],
    );
  }

  /** @returns false when the run was overtaken: then there is nothing of it left to fail */
  async fail(tx: Transaction, run: SlotRun, reason: string): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE job_slots SET status = 'failed', reason = $3, lease_until = NULL, finished_at = statement_timestamp()
        WHERE id = $1 AND fence = $2 AND status = 'running'`,
      [run.id, run.fence, reason],
    );
    return count === 1;
  }

  /** Puts the slot back. `counted` is false for a run that was handed back before it did anything. */
  async putBack(
    tx: Transaction,
    run: SlotRun,
    reason: string | null,
    delaySeconds: number,
    counted: boolean,
  ): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE job_slots
          SET status = 'pending', reason = $3, lease_until = NULL, attempt = attempt - $5::int,
              not_before = statement_timestamp() + make_interval(secs => $4::double precision)
        WHERE id = $1 AND fence = $2 AND status = 'running'`,
      [run.id, run.fence, reason, delaySeconds, counted ? 0 : 1],
    );
    return count === 1;
  }

  async findById(tx: Transaction, id: string): Promise<SlotRow | null> {
    const rows = await tx.query<StoredSlot[]>(
      `SELECT id, job, key, trigger, slot_at, status, attempt, reason, requested_by, started_at, finished_at, result
         FROM job_slots WHERE id = $1`,
      [id],
    );
    return rows[0] === undefined ? null : slotOf(rows[0]);
  }

  /** @returns how many */
  async deleteEnded(tx: Transaction, days: number, limit: number): Promise<number> {
    const [, count] = await tx.query<Changed<unknown>>(
      `DELETE FROM job_slots WHERE id IN
         (SELECT id FROM job_slots
           WHERE slot_at < now() - make_interval(days => $1) AND status NOT IN ('pending', 'running')
           ORDER BY slot_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return count;
  }

  overview(tx: Transaction): Promise<SlotOverview[]> {
    return tx.query<SlotOverview[]>(
      `SELECT job, key,
              max(finished_at) FILTER (WHERE status = 'completed') AS "lastCompletedAt",
              (array_agg(status ORDER BY finished_at DESC) FILTER (WHERE finished_at IS NOT NULL AND status <> 'pending'))[1] AS "lastStatus",
              (array_agg(reason ORDER BY finished_at DESC) FILTER (WHERE finished_at IS NOT NULL AND status <> 'pending'))[1] AS "lastReason",
              (count(*) FILTER (WHERE status = 'pending'))::int AS pending,
              (count(*) FILTER (WHERE status = 'running'))::int AS running
         FROM job_slots
        WHERE slot_at > statement_timestamp() - interval '7 days'
        GROUP BY job, key ORDER BY job, key`,
    );
  }
}

interface StoredSlot {
  id: string;
  job: string;
  key: string;
  trigger: SlotTrigger;
  slot_at: Date;
  status: SlotStatus;
  attempt: number;
  reason: string | null;
  requested_by: string | null;
  started_at: Date | null;
  finished_at: Date | null;
  result: string | null;
}

function runOf(row: ClaimedRow, leaseSeconds: number): SlotRun {
  return {
    id: row.id,
    job: row.job,
    key: row.key,
    trigger: row.trigger,
    slotAt: row.slot_at,
    fence: row.fence,
    attempt: row.attempt,
    requestedBy: actorOf(row.requested_by),
    leaseSeconds,
  };
}

function slotOf(row: StoredSlot): SlotRow {
  return {
    id: row.id,
    job: row.job,
    key: row.key,
    trigger: row.trigger,
    slotAt: row.slot_at,
    status: row.status,
    attempts: row.attempt,
    reason: row.reason,
    requestedBy: actorOf(row.requested_by),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    result: row.result === null ? null : (JSON.parse(row.result) as JsonObject),
  };
}

function actorOf(text: string | null): Actor | null {
  return text === null ? null : (JSON.parse(text) as Actor);
}
