import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { openDataSource } from '../database/open-data-source.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { SlotRun } from './job-slot.types.js';
import { JobSlotsRepository } from './job-slots.repository.js';
import { JobSlots, MAX_ATTEMPTS } from './job-slots.service.js';

const OVERTAKEN = { code: 'jobs.run_overtaken' };

describe('job slots', () => {
  let database: TestDatabase;
  let second: DataSource;
  let one: JobSlots;
  let two: JobSlots;
  let transactions: TransactionRunner;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 8 });
    second = await openDataSource(database.dataSource.options, false);
    transactions = new TransactionRunner(database.dataSource);
    one = slotsOn(database.dataSource);
    two = slotsOn(second);
    await database.dataSource.query('CREATE TABLE written (slot uuid, attempt integer)');
  });
  afterAll(async () => {
    await second?.destroy();
    await database?.close();
  });

  function slotsOn(dataSource: DataSource): JobSlots {
    const outcomes = new Counter({
      name: 'slots',
      help: 'slots',
      labelNames: ['job', 'outcome'],
      registers: [new Registry()],
    });
    return new JobSlots(
      new TransactionRunner(dataSource),
      new JobSlotsRepository(),
      pino({ level: 'silent' }),
      outcomes,
    );
  }

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const uniqueJob = () => `test.${newId()}`;

  async function insertDueSlots(job: string, key: string, count: number): Promise<void> {
    await query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       SELECT gen_random_uuid(), $1, $2, 'schedule', now() - make_interval(secs => n), 'pending' FROM generate_series(1, $3::int) n`,
      [job, key, count],
    );
  }

  async function expireLease(run: SlotRun): Promise<void> {
    await query(`UPDATE job_slots SET lease_until = now() - interval '1 second' WHERE id = $1`, [run.id]);
  }

  async function claimed(slots: JobSlots, job: string, key = 'k'): Promise<SlotRun> {
    const run = await slots.claim(job, key);
    if (run === null) throw new Error('nothing to claim');
    return run;
  }

  it('completes each of 30 slots exactly once with two instances that claim at the same time and die at random', async () => {
    const job = uniqueJob();
    for (const key of ['a', 'b', 'c']) await insertDueSlots(job, key, 10);
    let deaths = 10;
    const overtakenRuns: SlotRun[] = [];

    const instance = async (slots: JobSlots): Promise<void> => {
      for (;;) {
        const run = await slots.claim(job);
        if (run === null) {
          const rows = await query<{ open: number }[]>(
            `SELECT count(*)::int AS open FROM job_slots WHERE job = $1 AND status IN ('pending', 'running')`,
            [job],
          );
          if (rows[0]?.open === 0) return;
          await sleep(5);
          continue;
        }
        if (deaths > 0 && run.attempt < MAX_ATTEMPTS - 1 && Math.random() < 0.5) {
          // The instance dies: it never answers again, and its lease runs out.
          deaths--;
          overtakenRuns.push(run);
          await expireLease(run);
          continue;
        }
        await transactions.run(async (tx) => {
          await tx.query('INSERT INTO written VALUES ($1, $2)', [run.id, run.attempt]);
          await slots.complete(tx, run, { attempt: run.attempt });
        });
      }
    };
    await Promise.all([instance(one), instance(two), instance(one), instance(two)]);

    const slots = await query<{ status: string; runs: number }[]>(
      `SELECT status, (SELECT count(*)::int FROM written WHERE slot = job_slots.id) AS runs FROM job_slots WHERE job = $1`,
      [job],
    );
    expect(slots).toHaveLength(30);
    expect(slots.every(({ status, runs }) => status === 'completed' && runs === 1)).toBe(true);
    expect(overtakenRuns.length).toBeGreaterThan(0);
    // The dead wake up and try to write.
    for (const run of overtakenRuns) {
      await expect(
        transactions.run(async (tx) => {
          await tx.query('INSERT INTO written VALUES ($1, $2)', [run.id, -1]);
          await one.complete(tx, run);
        }),
      ).rejects.toMatchObject(OVERTAKEN);
    }
    expect(await query('SELECT 1 FROM written WHERE attempt = -1')).toHaveLength(0);
  });

  it('never runs two slots of one job and key at once, however many claim', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 20);
    const runs = await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 ? one : two).claim(job)));
    expect(runs.filter((run) => run !== null)).toHaveLength(1);
  });

  it('runs the slots of different keys side by side, and a busy key hides no other', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'a', 3);
    await insertDueSlots(job, 'b', 1);
    const runs = [await one.claim(job), await two.claim(job), await one.claim(job)];
    expect(runs.map((run) => run?.key).sort()).toEqual(['a', 'b', undefined]);
  });

  it('opens each due slot once when instances tick together', async () => {
    const job = uniqueJob();
    await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : two).openDueSlots(job, 'k', 3600)));
    const rows = await query<{ slot_at: Date }[]>('SELECT slot_at FROM job_slots WHERE job = $1', [job]);
    expect(rows).toHaveLength(1);
    expect((rows[0]?.slot_at.getTime() ?? 1) % 3_600_000).toBe(0);
  });

  it('opens the slots of a standstill, and gives up those older than twelve', async () => {
    const job = uniqueJob();
    await query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       VALUES (gen_random_uuid(), $1, 'k', 'schedule', to_timestamp(floor(extract(epoch FROM now()) / 60) * 60 - 60 * 20), 'completed')`,
      [job],
    );
    await one.openDueSlots(job, 'k', 60);
    const rows = await query<{ status: string; n: number }[]>(
      'SELECT status, count(*)::int AS n FROM job_slots WHERE job = $1 GROUP BY status ORDER BY status',
      [job],
    );
    const count = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    expect(count['completed']).toBe(1);
    // 20, or 21 when the minute turned in between.
    expect([20, 21]).toContain((count['missed'] ?? 0) + (count['pending'] ?? 0));
    expect([12, 13]).toContain(count['pending']);
  });

  it('lists at most a thousand slots after a long standstill', async () => {
    const job = uniqueJob();
    await query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       VALUES (gen_random_uuid(), $1, 'k', 'schedule', date_trunc('day', now()) - interval '30 days', 'completed')`,
      [job],
    );
    await one.openDueSlots(job, 'k', 1);
    const rows = await query<{ n: number }[]>('SELECT count(*)::int AS n FROM job_slots WHERE job = $1', [job]);
    expect(rows[0]?.n).toBe(1002);
  });

  it('takes over a run whose lease expired, with a higher fence, and refuses everything of the old one', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    const old = await claimed(one, job);
    expect(await two.claim(job)).toBeNull();
    await expireLease(old);
    const next = await claimed(two, job);
    expect(next).toMatchObject({ id: old.id, attempt: 2 });
    expect(BigInt(next.fence)).toBeGreaterThan(BigInt(old.fence));

    await expect(one.renew(old)).rejects.toMatchObject(OVERTAKEN);
    await expect(transactions.run((tx) => one.assertFence(tx, old))).rejects.toMatchObject(OVERTAKEN);
    expect(await transactions.run((tx) => one.fail(tx, old, 'too late', true))).toBe(false);
    await one.release(old);
    expect(await one.get(old.id)).toMatchObject({ status: 'running', attempts: 2, reason: null });
    await transactions.run((tx) => two.complete(tx, next, { reports: 1 }));
    expect(await one.get(old.id)).toMatchObject({ status: 'completed', result: { reports: 1 } });
  });

  it('is not taken over while its completion commits, even when the lease ran out', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    const run = await one.claim(job, 'k', { leaseSeconds: 0.05 });
    if (run === null) throw new Error('nothing to claim');
    await transactions.run(async (tx) => {
      await one.complete(tx, run);
      await sleep(100);
      expect(await two.claim(job)).toBeNull();
    });
    expect(await one.get(run.id)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('gives up a slot whose runs were lost five times', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    let last: SlotRun | undefined;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      last = await claimed(one, job);
      expect(last.attempt).toBe(attempt);
      await expireLease(last);
    }
    expect(await two.claim(job)).toBeNull();
    const row = await one.get(last?.id ?? '');
    expect(row).toMatchObject({ status: 'failed', attempts: MAX_ATTEMPTS });
    expect(row?.reason).toContain('5 times');
  });

  it('tells of a slot given up in the transaction that gives it up, once, and holds up no other slot when that fails', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'a', 1);
    const { id } = await claimed(one, job, 'a');
    await query(`UPDATE job_slots SET attempt = $2, lease_until = now() - interval '1 second' WHERE id = $1`, [
      id,
      MAX_ATTEMPTS,
    ]);
    await insertDueSlots(job, 'b', 1);
    const told: unknown[] = [];
    const other = await one.claim(job, undefined, {
      onLost: async (tx, { run }) => {
        await tx.query('INSERT INTO written VALUES ($1, $2)', [run.id, run.attempt]);
        throw new Error('the record cannot be written');
      },
    });
    expect(other?.key).toBe('b');
    expect(await one.get(id)).toMatchObject({ status: 'running' });
    expect(await query('SELECT 1 FROM written WHERE slot = $1', [id])).toHaveLength(0);
    const onLost = async (_tx: unknown, lost: unknown) => void told.push(lost);
    await Promise.all([one.claim(job, undefined, { onLost }), two.claim(job, undefined, { onLost })]);
    expect(told).toEqual([
      {
        run: expect.objectContaining({ id, key: 'a', attempt: MAX_ATTEMPTS }),
        reason: expect.stringContaining('5 times'),
      },
    ]);
    expect(await one.get(id)).toMatchObject({ status: 'failed' });
  });

  it('retries a failed run later, and fails it for good without retry', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    const run = await claimed(one, job);
    expect(await transactions.run((tx) => one.fail(tx, run, 'Graph answered 503\0', true))).toBe(true);
    expect(await one.claim(job)).toBeNull();
    await query(`UPDATE job_slots SET not_before = now() WHERE id = $1`, [run.id]);
    const again = await claimed(one, job);
    await transactions.run((tx) => one.fail(tx, again, 'No permission', false));
    expect(await one.get(run.id)).toMatchObject({ status: 'failed', attempts: 2, reason: 'No permission' });
  });

  it('hands a released slot to the next at once and does not count the attempt', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    await one.release(await claimed(one, job));
    expect(await claimed(two, job)).toMatchObject({ attempt: 1 });
  });

  it('hands out a manual run that waits already, and a new one once that has started', async () => {
    const job = uniqueJob();
    const actor = systemActor('somebody');
    const first = await transactions.run((tx) => one.openManual(tx, job, 'k', actor));
    expect(await transactions.run((tx) => two.openManual(tx, job, 'k', actor))).toBe(first);
    const run = await claimed(one, job);
    expect(run).toMatchObject({ id: first, trigger: 'manual', requestedBy: actor });
    expect(await transactions.run((tx) => two.openManual(tx, job, 'k', actor))).not.toBe(first);
  });

  it('keeps a lease alive while the work lasts longer than it', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    // Long enough for a busy machine to renew in time; renewed twice, it has outlived what it was at first.
    const run = await one.claim(job, 'k', { leaseSeconds: 3 });
    if (run === null) throw new Error('nothing to claim');
    const ends = async () => {
      const [row] = await query<{ until: Date }[]>('SELECT lease_until AS until FROM job_slots WHERE id = $1', [
        run.id,
      ]);
      return row?.until.getTime() ?? 0;
    };
    await one.withLease(run, async () => {
      for (let renewals = 0, last = await ends(); renewals < 2; await sleep(50)) {
        const next = await ends();
        if (next > last) renewals += 1;
        last = next;
        expect(await two.claim(job)).toBeNull();
      }
      await transactions.run((tx) => one.complete(tx, run));
    });
    expect(await one.get(run.id)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('aborts the work of an overtaken run', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 1);
    const run = await one.claim(job, 'k', { leaseSeconds: 0.3 });
    if (run === null) throw new Error('nothing to claim');
    const work = one.withLease(run, async (signal) => {
      await expireLease(run);
      await claimed(two, job);
      await sleep(10_000, undefined, { signal });
    });
    await expect(work).rejects.toMatchObject(OVERTAKEN);
  });

  it('tells how jobs stand', async () => {
    const job = uniqueJob();
    await insertDueSlots(job, 'k', 3);
    const run = await claimed(one, job);
    await transactions.run((tx) => one.complete(tx, run));
    await claimed(one, job);
    const [overview] = (await one.overview()).filter((entry) => entry.job === job);
    expect(overview).toMatchObject({ key: 'k', lastStatus: 'completed', pending: 1, running: 1 });
    expect(overview?.lastCompletedAt).toBeInstanceOf(Date);
  });
});
