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

  it('do not begin when the process stopped while they were claimed: somebody else gets the slot at once', async () => {
    const logger = pino({ level: 'silent' });
    const outcomes = new Counter({
      name: 'runs',
      help: 'runs',
      labelNames: ['job', 'outcome'],
      registers: [new Registry()],
    });
    const slots = new JobSlots(new TransactionRunner(database.dataSource), new JobSlotsRepository(), logger, outcomes);
    await database.dataSource.query(
      `INSERT INTO job_slots (id, job, key, trigger, slot_at, status)
       VALUES (gen_random_uuid(), 'test', 'k', 'schedule', now(), 'pending')`,
    );
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
});
