import { readFileSync } from 'node:fs';
import { Counter, Registry } from 'prom-client';
import { systemActor } from '../../src/access/actor.js';
import type { AuditAction } from '../../src/audit/audit.types.js';
import { canonicalRecord } from '../../src/audit/log/canonical-record.js';
import { openCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { CompactRange } from '../../src/crypto/merkle/compact-range.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { type AuditStage, startAudit } from '../support/audit-stage.js';
import { startPatrol } from '../support/patrol-stage.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ACTOR = systemActor('test');
const ACTION = 'test.thing.changed' as AuditAction;
const TABLES = ['audit_trees', 'audit_tiles', 'audit_leaves', 'audit_checkpoints'];
/** Step 5, as an operator reads it. */
const [, STEP_5 = ''] =
  /```sql\n([\s\S]*?)```/.exec(readFileSync('docs/operations/audit-log-refused.md', 'utf8')) ?? [];

describe('docs/operations/audit-log-refused.md', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 20 });
    stage = await startAudit(database);
  });
  afterEach(() => database.close());

  const query = (sql: string) => database.dataSource.query(sql);
  const asOwner = (sql: string) =>
    query(`SET session_replication_role = replica; ${sql}; RESET session_replication_role`);
  const append = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_one, n) =>
        stage.audit.recordAlone(ACTOR, {
          action: ACTION,
          tenantId: null,
          target: { type: 'thing', id: String(n) },
          outcome: 'success',
          after: { n },
        }),
      ),
    );

  /** That every record of the table is in the log once, and that the log is the one that is signed. */
  async function expectWholeLog(count: number): Promise<void> {
    // Instances were started anew: they know nothing of before.
    const { sealer, sealed, checkpoints, verifier } = await startAudit(database);
    while ((await sealer.sealBatch(0)) !== 0);
    const rows = await sealed();
    expect(rows.map(({ leafIndex }) => leafIndex)).toEqual(Array.from({ length: count }, (_one, n) => n));
    expect(new Set(rows.map(({ row }) => row.id)).size).toBe(count);
    expect(await query('SELECT count(*)::int AS count FROM audit_events')).toEqual([{ count }]);
    const range = new CompactRange();
    for (const { row } of rows) range.appendLeaf(leafHash(Buffer.from(canonicalRecord(row))));
    const newest = openCheckpoint((await checkpoints()).at(-1)?.note ?? '', [await verifier()]);
    expect(newest).toMatchObject({ size: count, root: range.root(), signedBy: [expect.anything()] });
    const gaps = new Counter({ name: 'gaps', help: 'x', labelNames: ['kind'], registers: [new Registry()] });
    await startPatrol(database, stage, gaps).round();
    expect((await gaps.get()).values).toEqual([]);
    for (const table of TABLES) await expect(query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
  }

  it.each([0, 255, 256, 257])('takes away what was put beside a tree of %s more records', async (more) => {
    await append(300 + more);
    await stage.sealer.sealBatch();
    await append(20);
    const size = 300 + more;
    await query(`
      INSERT INTO audit_leaves SELECT ${size} + row_number() OVER () - 1, event_id, retention_class, occurred_at FROM audit_pending LIMIT 7;
      INSERT INTO audit_leaves VALUES (-4, gen_random_uuid(), 'security', now());
      UPDATE audit_tiles SET hashes = hashes || decode(repeat('ab', 64), 'hex') WHERE octet_length(hashes) < 8000;
      INSERT INTO audit_tiles VALUES (0, 77, decode(repeat('ab', 32), 'hex')), (9, 0, decode(repeat('ab', 32), 'hex'));
      INSERT INTO audit_checkpoints (tree_size, root, note) VALUES (${size + 5}, decode(repeat('ab', 32), 'hex'), 'x');
      UPDATE audit_trees SET size = size + 7`);
    await expect(stage.sealer.sealBatch()).rejects.toThrow();
    await query(STEP_5.replace('-- UPDATE audit_trees SET size = N;', `UPDATE audit_trees SET size = ${size};`));
    await expectWholeLog(size + 20);
  });

  it('goes on from an older tree, with the records that came after it', async () => {
    await append(300);
    await stage.sealer.sealBatch();
    for (const table of TABLES) await query(`CREATE TABLE old_${table} AS TABLE ${table}`);
    await append(600);
    await stage.sealer.sealBatch();
    await append(10);
    await asOwner(`UPDATE audit_tiles SET hashes = overlay(hashes PLACING '\\x00' FROM 1) WHERE level = 1`);
    await expect(stage.sealer.sealBatch()).rejects.toThrow('it was changed');
    await asOwner(TABLES.map((table) => `TRUNCATE ${table}; INSERT INTO ${table} TABLE old_${table}`).join('; '));
    await query(STEP_5);
    for (const table of TABLES) await query(`DROP TABLE old_${table}`);
    await expectWholeLog(910);
  });

  it('puts records back into the line where only their leaves are newer than the tree', async () => {
    await append(300);
    await stage.sealer.sealBatch();
    for (const table of TABLES) await query(`CREATE TABLE old_${table} AS TABLE ${table}`);
    await append(30);
    await stage.sealer.sealBatch();
    // Whoever restored the tree, and thought of its leaves too late.
    const tree = TABLES.filter((table) => table !== 'audit_leaves');
    await asOwner(tree.map((table) => `TRUNCATE ${table}; INSERT INTO ${table} TABLE old_${table}`).join('; '));
    await append(1);
    await expect((await startAudit(database)).sealer.sealBatch()).rejects.toThrow('lie outside of the 300 records');
    await query(STEP_5);
    await expectWholeLog(331);
  });
});
