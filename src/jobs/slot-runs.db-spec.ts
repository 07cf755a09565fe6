import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobSlotsRepository } from './job-slots.repository.js';
import { JobSlots } from './job-slots.service.js';
import { SlotRuns } from './slot-runs.js';

describe('the runs of a job', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  const logger = pino({ level: 'silent' });
  /** A slot that waits, and those who may take it. */
  async function oneSlot(job: string): Promise<JobSlots> {
    const outcomes = new Counter({
      name: 'runs',
      help: 'runs',
      labelNames: ['job', 'outcome'],
      registers: [new Registry()],
    });
    await database.dataSource.query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       VALUES (gen_random_uuid(), $1, 'k', 'schedule', now(), 'pending')`,
      [job],
    );
    return new JobSlots(new TransactionRunner(database.dataSource), new JobSlotsRepository(), logger, outcomes);
  }

  it('do not begin when the process stopped while they were claimed: somebody else gets the slot at once', async () => {
    const slots = await oneSlot('test');
    const started: string[] = [];
    const runs = new SlotRuns(slots, logger, {
      job: 'test',
      concurrent: 1,
      leaseSeconds: 60,
      what: 'tests',
      run: async ({ id }) => {
        started.push(id);
      },
    });
    const looking = runs.look(async () => {
      // The stop comes between the question whether to claim and the answer of the database.
      setImmediate(() => void runs.stop());
    });
    await looking;
    expect(runs.signal.aborted).toBe(true);
    expect(started).toEqual([]);
    expect(await slots.claim('test')).toMatchObject({ attempt: 1 });
  });

  it.each([
    ['end by themselves within the grace', 60_000, false],
    ['are told after the grace', 1, true],
  ])('%s when the process stops', async (_what, graceMs, isTold) => {
    const slots = await oneSlot(`grace-${graceMs}`);
    let end: () => void = () => undefined;
    let wasTold: boolean | null = null;
    const runs = new SlotRuns(slots, logger, {
      job: `grace-${graceMs}`,
      concurrent: 1,
      leaseSeconds: 60,
      graceMs,
      what: 'tests',
      run: async () => {
        await new Promise<void>((done) => {
          end = done;
          runs.signal.addEventListener('abort', () => done());
        });
        wasTold = runs.signal.aborted;
      },
    });
    await runs.look(async () => undefined);
    const stopped = runs.stop();
    if (!isTold) end();
    await stopped;
    expect(wasTold).toBe(isTold);
    expect(runs.signal.aborted).toBe(true);
    await runs.look(() => Promise.reject(new Error('nothing is looked at any more')));
  });
});
