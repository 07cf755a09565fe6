import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Counter, Gauge, Registry } from 'prom-client';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { notesOf } from '../../crypto/signed-note.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { createLogger } from '../../observability/logger.js';
import type { AuditAction } from '../audit.types.js';
import { AuditSealJob } from './audit-seal.job.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { CheckpointPublisher } from './checkpoint-publisher.service.js';
import { PendingRecordsRepository } from './pending-records.repository.js';
import { TreeHeads } from './tree-heads.service.js';

const ACTOR = systemActor('test');

describe('checkpoints that leave the system', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  let folder: string;
  let file: string;
  let gaps: Counter;
  beforeEach(async () => {
    database = await createTestDatabase();
    stage = await startAudit(database);
    folder = mkdtempSync(join(tmpdir(), 'bx-published-'));
    file = join(folder, 'checkpoints');
    gaps = new Counter({ name: 'gaps', help: 'gaps', labelNames: ['kind'], registers: [new Registry()] });
  });
  afterEach(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });

  const sql = (text: string, parameters: unknown[] = []) => database.dataSource.query(text, parameters);
  const seal = async (records: number) => {
    for (let n = 0; n < records; n++)
      await stage.audit.recordAlone(ACTOR, {
        action: 'test.thing.changed' as AuditAction,
        tenantId: null,
        target: { type: 'thing', id: String(n) },
        outcome: 'success',
      });
    // Somebody waits for a checkpoint.
    while ((await stage.sealer.sealBatch(0)) !== 0);
  };
  const settings = () => Object.assign(new Settings(), { AUDIT_CHECKPOINT_FILE: file, PROCESS_ROLE: 'api' });
  const publisher = () => {
    const transactions = new TransactionRunner(database.dataSource);
    const tree = new AuditTreeRepository();
    const logger = createLogger('silent');
    return new CheckpointPublisher(
      settings(),
      transactions,
      tree,
      new TreeHeads(stage.keys),
      stage.signed,
      logger,
      gaps,
    );
  };
  /** Another process of the same installation; it looks at the file when it starts. */
  const started = async () => {
    const { sealer } = await startAudit(database);
    const transactions = new TransactionRunner(database.dataSource);
    const gauge = new Gauge({ name: 'unsealed', help: 'unsealed', registers: [new Registry()] });
    const parts = [settings(), transactions, new AuditTreeRepository(), new PendingRecordsRepository()] as const;
    const job = new AuditSealJob(...parts, sealer, publisher(), createLogger('silent'), gauge);
    await job.onApplicationBootstrap();
    return { job, sealer };
  };
  const sizesInFile = () => notesOf(readFileSync(file, 'utf8')).map((note) => Number(note.split('\n')[1]));
  const planted = async () =>
    (await gaps.get()).values.find(({ labels }) => labels['kind'] === 'checkpoint')?.value ?? 0;

  it('are published once each, in their order', async () => {
    for (const count of [3, 2, 4]) await seal(count);
    await publisher().publish();
    await publisher().publish();
    expect(sizesInFile()).toEqual([3, 5, 9]);
  });

  it('end where nothing was ever sealed', async () => {
    await publisher().publish();
    expect(await publisher().largestKept()).toBeNull();
  });

  it('are none that somebody wrote into the table: another note, another root, another size', async () => {
    await seal(3);
    await seal(4);
    const [first, second] = await stage.checkpoints();
    const insert = 'INSERT INTO audit_checkpoints (tree_size, root, note) VALUES ($1, $2, $3)';
    await sql(insert, [1, first?.root, first?.note]);
    await sql(insert, [4, second?.root, second?.note.replace('\n7\n', '\n4\n')]);
    await sql(insert, [5, second?.root, `${second?.note.split('\n').slice(0, 3).join('\n')}\n\nnobody\n`]);
    await sql('ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL');
    await sql('UPDATE audit_checkpoints SET root = $1 WHERE tree_size = 3', [Buffer.alloc(32)]);
    await publisher().publish();
    expect(sizesInFile()).toEqual([7]);
    expect(await planted()).toBe(4);
    await seal(1);
    await publisher().publish();
    expect(sizesInFile()).toEqual([7, 8]);
    expect(await planted()).toBe(4);
  });

  it('are believed by what is signed, whatever stands at the end of the file', async () => {
    for (const count of [3, 2, 4]) await seal(count);
    const notes = (await stage.checkpoints()).map(({ note }) => note);
    const [small = '', , large = ''] = notes;
    const forged = large.replace('\n9\n', '\n900\n');
    writeFileSync(file, `${large}\n${forged}\n${'x\n'.repeat(100_000)}\n${small}\n`);
    expect(await publisher().largestKept()).toMatchObject({ size: 9, from: file });
    appendFileSync(file, 'torn');
    expect(await publisher().largestKept()).toMatchObject({ size: 9 });
  });

  it('keep a database from being sealed that is older than the largest of them, from the start on', async () => {
    await seal(3);
    await seal(4);
    const notes = (await stage.checkpoints()).map(({ note }) => note);
    const tables = ['audit_trees', 'audit_tiles', 'audit_leaves', 'audit_checkpoints'];
    for (const table of tables) await sql(`CREATE TABLE kept_${table} AS TABLE ${table}`);
    await seal(5);
    // The larger one doesn't stand at the end.
    const largest = (await stage.checkpoints()).at(-1)?.note ?? '';
    writeFileSync(file, `${largest}\n${notes.join('\n')}\n`);
    for (const table of tables) {
      await sql(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
      await sql(`DELETE FROM ${table}`);
      await sql(`INSERT INTO ${table} TABLE kept_${table}`);
    }
    const { job, sealer } = await started();
    expect(job.refusal).toMatch(/7 records, but .*checkpoints knows 12: .*backup-and-restore\.md/);
    await expect(sealer.sealBatch()).rejects.toThrow('knows 12');
  });

  it('hold everything back while a file has none of ours, and let go once it is put right', async () => {
    await seal(3);
    const [mine] = await stage.checkpoints();
    writeFileSync(file, (mine?.note ?? '').replaceAll('bx.example', 'other.example'));
    const { job, sealer } = await started();
    expect(job.refusal).toContain('holds no checkpoint that this audit log');
    await expect(sealer.sealBatch()).rejects.toThrow('audit-log-refused.md');
    await expect(job.sealAll()).rejects.toThrow('holds no checkpoint');
    writeFileSync(file, mine?.note ?? '');
    await job.sealAll();
    expect(job.refusal).toBeNull();
  });

  it('goes on with what waits behind doubles', async () => {
    await seal(2);
    const { job } = await started();
    // As from before each record waited once.
    await sql('ALTER TABLE audit_pending DROP CONSTRAINT uq_audit_pending_event_id');
    await sql(`INSERT INTO audit_pending SELECT event_id, retention_class, occurred_at FROM audit_leaves, generate_series(1, 2500)
                WHERE leaf_index < 2`);
    await stage.audit.recordAlone(ACTOR, {
      action: 'test.thing.changed' as AuditAction,
      tenantId: null,
      target: null,
      outcome: 'success',
    });
    await job.sealAll();
    expect(await sql('SELECT count(*)::int AS waiting FROM audit_pending')).toEqual([{ waiting: 0 }]);
  });
});
