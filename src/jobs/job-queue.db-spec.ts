import { once } from 'node:events';
import { pino } from 'pino';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { Settings } from '../config/settings.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { currentContext } from '../kernel/context/request-context.js';
import { JobQueueRepository } from './job-queue.repository.js';
import { JobQueue } from './job-queue.service.js';
import { migrateQueue } from './migrate-queue.js';

describe('the job queue', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;

  beforeAll(async () => {
    database = await createTestDatabase();
    transactions = new TransactionRunner(database.dataSource);
  });
  afterAll(() => database?.close());

  function queueOf(role: Settings['PROCESS_ROLE'], logger = pino({ level: 'silent' })): JobQueue {
    const settings = Object.assign(new Settings(), { PROCESS_ROLE: role });
    return new JobQueue(settings, transactions, new JobQueueRepository(database.dataSource), logger);
  }

  it('has its tables in a migrated database, and installing them again changes nothing', async () => {
    await expect(migrateQueue(database.url)).resolves.toBeUndefined();
    expect(await queueOf('api').overview()).toEqual([]);
  });

  it('runs a job exactly if its transaction commits, under a request id of its own', async () => {
    const queue = queueOf('worker');
    const events = new EventTarget();
    const seen: unknown[] = [];
    queue.register('test.seen', async (payload, { attempt, maxAttempts }) => {
      seen.push({ payload, attempt, maxAttempts, hasRequestId: currentContext()?.requestId !== undefined });
      events.dispatchEvent(new Event('seen'));
    });
    queue.onApplicationBootstrap();
    try {
      const arrived = once(events, 'seen');
      const aborted = transactions.run(async (tx) => {
        await queue.add(tx, 'test.seen', { id: 'rolled back' });
        throw new Error('no');
      });
      await expect(aborted).rejects.toThrow('no');
      await transactions.run((tx) => queue.add(tx, 'test.seen', { id: 'committed' }, { maxAttempts: 3 }));
      await arrived;
    } finally {
      await queue.onApplicationShutdown();
    }
    expect(seen).toEqual([{ payload: { id: 'committed' }, attempt: 1, maxAttempts: 3, hasRequestId: true }]);
  });

  it('starts with a connection for each job that runs at once and one that listens, and warns of nothing', async () => {
    const lines: string[] = [];
    const queue = queueOf('worker', pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }));
    const started = new Promise<void>((resolve) => queue.register('test.start', async () => resolve()));
    queue.onApplicationBootstrap();
    await transactions.run((tx) => queue.add(tx, 'test.start', {}));
    await started;
    await queue.onApplicationShutdown();
    expect(lines).toEqual([]);
  });

  it('keeps one waiting job per key, and a later one until it is due', async () => {
    const queue = queueOf('api');
    await transactions.run(async (tx) => {
      await queue.add(tx, 'test.later', { n: 1 }, { jobKey: 'one', delaySeconds: 3600 });
      await queue.add(tx, 'test.later', { n: 2 }, { jobKey: 'one', delaySeconds: 3600 });
    });
    const later = (await queue.overview()).filter(({ task }) => task === 'test.later');
    expect(later).toEqual([{ task: 'test.later', due: 0, later: 1, dead: 0, oldestDueAt: null }]);
  });

  it('does not work in a process whose role is api', async () => {
    const queue = queueOf('api');
    queue.register('test.api', async () => undefined);
    queue.onApplicationBootstrap();
    await transactions.run((tx) => queue.add(tx, 'test.api', {}));
    await queue.onApplicationShutdown();
    expect((await queue.overview()).find(({ task }) => task === 'test.api')?.due).toBe(1);
  });

  it('waits for a running job when the process stops', async () => {
    const queue = queueOf('all');
    let finished = false;
    const started = new Promise<void>((resolve) => {
      queue.register('test.slow', async () => {
        resolve();
        await new Promise((done) => setTimeout(done, 300));
        finished = true;
      });
    });
    queue.onApplicationBootstrap();
    await transactions.run((tx) => queue.add(tx, 'test.slow', {}));
    await started;
    await queue.onApplicationShutdown();
    expect(finished).toBe(true);
  });

  it('starts its runner again after its database connections were cut', async () => {
    const queue = queueOf('worker');
    let resolveSeen: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => {
      resolveSeen = resolve;
    });
    queue.register('test.after-cut', async () => resolveSeen());
    queue.onApplicationBootstrap();
    try {
      await new Promise((done) => setTimeout(done, 300));
      await database.dataSource.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'blindspotx-queue' AND datname = current_database()`,
      );
      await transactions.run((tx) => queue.add(tx, 'test.after-cut', {}));
      await seen;
    } finally {
      await queue.onApplicationShutdown();
    }
  });

  it('refuses two handlers of one task, and one that comes too late', () => {
    const queue = queueOf('api');
    queue.register('test.twice', async () => undefined);
    expect(() => queue.register('test.twice', async () => undefined)).toThrow('twice');
  });
});
