import { Test, type TestingModule } from '@nestjs/testing';
import { callerReachModule, keyRingModule } from '../../test/support/key-ring-module.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { AccessModule } from '../access/access.module.js';
import { ConfigModule } from '../config/config.module.js';
import { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { createLogger } from '../observability/logger.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { DatabaseProbe } from './database-probe.repository.js';
import { HealthModule } from './health.module.js';
import { HealthService } from './health.service.js';

describe('health', () => {
  let database: TestDatabase;
  const rooms: TestingModule[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    // The first room closes the shared data source; probes have connections of their own.
    await Promise.all(rooms.splice(0).map((room) => room.get(DatabaseProbe).onApplicationShutdown()));
    await database.close();
  });

  async function startRoom(): Promise<TestingModule> {
    const room = await Test.createTestingModule({
      imports: [
        ConfigModule.with(new Settings()),
        ObservabilityModule.with(createLogger('silent')),
        await keyRingModule(database),
        callerReachModule,
        AccessModule,
        DatabaseModule.with(database.dataSource),
        HealthModule,
      ],
    }).compile();
    rooms.push(room);
    return room;
  }

  it('is ready on a migrated database', async () => {
    const health = (await startRoom()).get(HealthService);
    expect(await health.isReady()).toBe(true);
  });

  it('is not ready while a migration is pending', async () => {
    await database.dataSource.query('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
    const health = (await startRoom()).get(HealthService);
    expect(await health.isReady()).toBe(false);
    expect((await health.details()).database).toMatchObject({ reachable: true, migrationsPending: true });
  });

  it('is not ready once it is stopping', async () => {
    const health = (await startRoom()).get(HealthService);
    health.onModuleDestroy();
    expect(await health.isReady()).toBe(false);
  });

  it('stays ready while requests hold every connection of the pool', async () => {
    const room = await startRoom();
    const transactions = room.get(TransactionRunner);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const busy = Array.from({ length: 5 }, () =>
      transactions.run(async (tx) => {
        await tx.query('SELECT 1');
        await released;
      }),
    );
    expect(await room.get(HealthService).isReady()).toBe(true);
    release();
    await Promise.all(busy);
  });

  it('is not ready, and says so in time, when the database is gone', async () => {
    const room = await startRoom();
    const health = room.get(HealthService);
    const { options } = database.dataSource;
    Object.assign(options, { url: 'postgres://nobody@127.0.0.1:1/nothing' });
    expect(await health.isReady()).toBe(false);
    expect(await health.details()).toMatchObject({
      status: 'unavailable',
      database: { reachable: false, latencyMs: null, migrationsPending: true },
      jobs: [],
      queue: [],
    });
  });

  it('tells how long ago a schedule last succeeded', async () => {
    const room = await startRoom();
    const slots = room.get(JobSlots);
    await slots.openDueSlots('drift.scan', 'tenant', 3600);
    const run = await slots.claim('drift.scan');
    if (run === null) throw new Error('no slot was due');
    await room.get(TransactionRunner).run((tx) => slots.complete(tx, run));
    const { jobs, status, role } = await room.get(HealthService).details();
    expect([status, role]).toEqual(['ok', 'all']);
    expect(jobs).toEqual([
      expect.objectContaining({ job: 'drift.scan', key: 'tenant', lastStatus: 'completed', pending: 0, running: 0 }),
    ]);
    expect(jobs[0]?.secondsSinceCompleted).toBeGreaterThanOrEqual(0);
  });
});
