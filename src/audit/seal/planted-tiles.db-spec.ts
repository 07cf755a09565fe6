import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Counter, Gauge, Registry } from 'prom-client';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { startPatrol } from '../../../test/support/patrol-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { createLogger } from '../../observability/logger.js';
import type { AuditAction } from '../audit.types.js';
import { AuditPatrolJob } from './audit-patrol.job.js';
import { AuditSealJob } from './audit-seal.job.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { CheckpointPublisher } from './checkpoint-publisher.service.js';
import { PendingRecordsRepository } from './pending-records.repository.js';
import { TreeHeads } from './tree-heads.service.js';

const ACTOR = systemActor('test');

describe('what keeps the audit trail from being sealed', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  let gaps: Counter;
  let unsealed: Gauge;
  let job: AuditSealJob;
  let started: (AuditSealJob | AuditPatrolJob)[];
  beforeEach(async () => {
    database = await createTestDatabase();
    stage = await startAudit(database);
    const registers = [new Registry()];
    gaps = new Counter({ name: 'gaps', help: 'x', labelNames: ['kind'], registers });
    unsealed = new Gauge({ name: 'unsealed', help: 'x', registers });
    const settings = Object.assign(new Settings(), { PROCESS_ROLE: 'api' });
    const [transactions, tree] = [new TransactionRunner(database.dataSource), new AuditTreeRepository()];
    const logger = createLogger('silent');
    const heads = new TreeHeads(stage.keys);
    const publisher = new CheckpointPublisher(settings, transactions, tree, heads, stage.signed, logger, gaps);
    const parts = [
      transactions,
      tree,
      new PendingRecordsRepository(),
      stage.sealer,
      publisher,
      logger,
      unsealed,
    ] as const;
    job = new AuditSealJob(settings, ...parts);
    const worker = Object.assign(new Settings(), { PROCESS_ROLE: 'worker' });
    started = [
      new AuditPatrolJob(worker, startPatrol(database, stage, gaps), logger),
      new AuditSealJob(worker, ...parts),
    ];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.close();
  });

  const sql = (text: string) => database.dataSource.query(text);
  const records = async (count: number) => {
    for (let n = 0; n < count; n++)
      await stage.audit.recordAlone(ACTOR, {
        action: 'test.thing.changed' as AuditAction,
        tenantId: null,
        target: { type: 'thing', id: String(n) },
        outcome: 'success',
      });
  };
  const age = async () => (await unsealed.get()).values[0]?.value ?? 0;
  const counted = async () =>
    Object.fromEntries((await gaps.get()).values.map(({ labels, value }) => [labels['kind'], value]));

  it.each([
    [
      'beyond the end',
      `INSERT INTO audit_tiles (level, tile_index, hashes) VALUES (0, 7, decode(repeat('ab', 32), 'hex'))`,
    ],
    [
      'where the next one goes',
      `INSERT INTO audit_tiles (level, tile_index, hashes) VALUES (1, 0, decode(repeat('ab', 32), 'hex'))`,
    ],
    [
      'far beyond it',
      `INSERT INTO audit_tiles (level, tile_index, hashes) VALUES (6, 9223372036854775807, decode(repeat('ab', 32), 'hex'))`,
    ],
    [
      'before it',
      `INSERT INTO audit_tiles (level, tile_index, hashes) VALUES (0, -1, decode(repeat('ab', 32), 'hex'))`,
    ],
    [
      'on no level',
      `INSERT INTO audit_tiles (level, tile_index, hashes) VALUES (9, 0, decode(repeat('ab', 32), 'hex'))`,
    ],
    [
      'at the end of one',
      `UPDATE audit_tiles SET hashes = hashes || decode(repeat('ab', 32), 'hex') WHERE tile_index = 0`,
    ],
  ])('is said, in the metric too: hashes of the tree %s', async (_where, plant) => {
    await records(3);
    await job.sealAll();
    expect([job.refusal, await age()]).toEqual([null, 0]);
    await startPatrol(database, stage, gaps).round();
    expect(await counted()).toEqual({});
    await sql(plant);
    await records(1);
    await expect(job.sealAll()).rejects.toThrow('step 5');
    expect(job.refusal).toContain('audit_tiles has more hashes than the 3 records');
    expect(await age()).toBeGreaterThan(0);
    await startPatrol(database, stage, gaps).round();
    expect(await counted()).toMatchObject({ planted: 1 });
  });

  it('is no tile of a log that is honest, of whatever size', async () => {
    for (const count of [255, 1, 1, 300]) {
      await sql(`INSERT INTO audit_events (id, retention_class, action, outcome, actor_type)
                 SELECT gen_random_uuid(), 'security', 'x.y.z', 'success', 'system' FROM generate_series(1, ${count})`);
      await job.sealAll();
      await startPatrol(database, stage, gaps).round();
    }
    expect([job.refusal, await counted()]).toEqual([null, {}]);
  });

  it('is no round of the patrol, however long one takes', async () => {
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`SELECT pg_advisory_xact_lock(hashtext('audit patrol'))`);
    for (const one of started) await one.onApplicationBootstrap();
    const until = async (question: string) => {
      while ((await sql(question)).length === 0) await sleep(50);
    };
    await until(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
    for (const size of [1, 2]) {
      await records(1);
      await until(`SELECT FROM audit_trees WHERE size = ${size}`);
    }
    expect(await sql(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).not.toEqual([]);
    await holder.rollbackTransaction();
    await holder.release();
    for (const one of started) await one.onApplicationShutdown();
  }, 30_000);

  it('is said when it is any other failure that comes back', async () => {
    await records(1);
    await sql('ALTER TABLE audit_leaves RENAME TO gone');
    for (let failure = 1; failure <= 3; failure++) {
      expect(job.refusal).toBeNull();
      await expect(job.sealAll()).rejects.toThrow('audit_leaves');
    }
    expect(job.refusal).toMatch(/3 times in a row: .*audit_leaves/);
    await sql('ALTER TABLE gone RENAME TO audit_leaves');
    await job.sealAll();
    expect(job.refusal).toBeNull();
  });

  it('is said when somebody holds the tree and seals nothing', async () => {
    await records(1);
    await job.sealAll();
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM audit_trees FOR UPDATE');
    await records(1);
    const start = performance.now();
    await job.sealAll();
    expect(job.refusal).toBeNull();
    jest.spyOn(performance, 'now').mockReturnValue(start + 3 * 60_000);
    await job.sealAll();
    expect(job.refusal).toMatch(/audit_trees has sealed none for [23] minutes/);
    await holder.rollbackTransaction();
    await holder.release();
    await job.sealAll();
    expect([job.refusal, await age()]).toEqual([null, 0]);
  });
});
