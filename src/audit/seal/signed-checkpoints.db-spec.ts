import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { AuditAction } from '../audit.types.js';
import { SealedLogRepository } from '../read/sealed-log.repository.js';
import { SealedUntilNow } from '../read/sealed-until-now.service.js';
import { AuditTreeRepository } from './audit-tree.repository.js';

const ACTOR = systemActor('test');

describe('rows beside the checkpoints that the log has signed', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  beforeEach(async () => {
    database = await createTestDatabase();
    stage = await startAudit(database);
  });
  afterEach(() => database.close());

  const sql = (text: string, parameters: unknown[] = []) => database.dataSource.query(text, parameters);
  const newest = () => stage.signed.newest(database.dataSource.manager);
  const records = async (count: number) => {
    for (let n = 0; n < count; n++)
      await stage.audit.recordAlone(ACTOR, {
        action: 'test.thing.changed' as AuditAction,
        tenantId: null,
        target: { type: 'thing', id: String(n) },
        outcome: 'success',
      });
  };
  const plant = async (size: number, { isPlausible = false, count = 1 } = {}) => {
    const [{ origin }] = await sql('SELECT origin FROM audit_trees');
    const root = Buffer.alloc(32, 7);
    const signature = `\u2014 ${origin} ${Buffer.alloc(68, 7).toString('base64')}\n`;
    const note = isPlausible ? `${origin}\n${size}\n${root.toString('base64')}\n\n${signature}` : 'x';
    await sql(
      `INSERT INTO audit_checkpoints (tree_size, root, note, signed_at)
       SELECT $1, $2, $3, '2190-01-01' FROM generate_series(1, $4::integer)`,
      [size, root, note, count],
    );
  };
  const untilNow = () => {
    const transactions = new TransactionRunner(database.dataSource);
    const [log, tree] = [new SealedLogRepository(), new AuditTreeRepository()];
    return new SealedUntilNow(transactions, log, tree, stage.signed, stage.sealer).checkpoint();
  };

  it.each([false, true])('keep nothing from being sealed, signed or exported (plausible: %s)', async (isPlausible) => {
    await records(3);
    await stage.sealer.sealBatch();
    await plant(1_000_000_000_000_000, { isPlausible, count: 3 });
    await plant(3, { isPlausible });
    // Where the next one goes.
    await plant(5, { isPlausible });
    expect(await newest()).toMatchObject({ size: 3 });
    await records(2);
    expect(await stage.sealer.sealBatch(0)).toBe(2);
    expect(await newest()).toMatchObject({ size: 5 });
    await records(1);
    expect(await untilNow()).toMatchObject({ size: 6 });
    expect((await stage.signed.page(database.dataSource.manager, null, 10)).map(({ size }) => size)).toEqual([6, 5, 3]);
    expect(await stage.signed.of(database.dataSource.manager, [5, 1_000_000_000_000_000])).toHaveLength(1);
  });

  it('are passed over in pages, however many there are of one size', async () => {
    await records(3);
    await stage.sealer.sealBatch();
    await plant(900, { isPlausible: true, count: 1200 });
    expect(await newest()).toMatchObject({ size: 3 });
    expect((await stage.signed.page(database.dataSource.manager, 900, 5)).map(({ size }) => size)).toEqual([3]);
  });

  it('hold it up neither when they are more than anybody looks through, nor make it forget', async () => {
    await records(3);
    await stage.sealer.sealBatch();
    await plant(900, { isPlausible: true, count: 10_600 });
    expect(await newest()).toMatchObject({ size: 3 });
    const other = await startAudit(database);
    await expect(other.signed.newest(database.dataSource.manager)).rejects.toThrow('audit-log-refused.md');
  });

  it('put off no signature when they repeat one under a later time', async () => {
    await records(3);
    await stage.sealer.sealBatch();
    await sql('ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL');
    await sql(`UPDATE audit_checkpoints SET signed_at = signed_at - interval '1 hour'`);
    await sql(`INSERT INTO audit_checkpoints (tree_size, root, note, signed_at)
               SELECT tree_size, root, note, '2190-01-01' FROM audit_checkpoints`);
    await records(1);
    await stage.sealer.sealBatch();
    expect(await newest()).toMatchObject({ size: 4 });
  });

  it('are refused all the same where a key of the log signed for a tree that is gone', async () => {
    await records(3);
    await stage.sealer.sealBatch();
    const later = await startAudit(database);
    for (const table of ['audit_trees', 'audit_tiles', 'audit_leaves'])
      await sql(`CREATE TABLE kept_${table} AS TABLE ${table}`);
    await records(2);
    await stage.sealer.sealBatch(0);
    for (const table of ['audit_trees', 'audit_tiles', 'audit_leaves']) {
      await sql(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
      await sql(`DELETE FROM ${table}`);
      await sql(`INSERT INTO ${table} TABLE kept_${table}`);
    }
    await expect(later.sealer.sealBatch()).rejects.toThrow('3 records, but 5 were signed: it was cut');
  });
});
