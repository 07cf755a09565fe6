import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { CompactRange } from '../../crypto/merkle/compact-range.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { treeRoot } from '../../crypto/merkle/tree-proofs.js';
import type { AuditAction } from '../audit.types.js';
import { canonicalRecord } from '../log/canonical-record.js';

const ACTOR = systemActor('test');
const ACTION = 'test.thing.changed' as AuditAction;

describe('sealing the audit trail', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 20 });
    stage = await startAudit(database);
  });
  afterEach(() => database.close());

  const record = (n: number) =>
    stage.audit.recordAlone(ACTOR, {
      action: ACTION,
      tenantId: null,
      target: { type: 'thing', id: String(n), displayName: `thing "${n}" \u2028` },
      outcome: n % 3 === 0 ? 'failure' : 'success',
      before: { n },
      after: { n: n + 1, clientSecret: 'hunter2', list: [1.5, null, { deep: 'ä\0' }] },
    });
  const records = (count: number) => Promise.all(Array.from({ length: count }, (_one, n) => record(n)));
  const sizes = async () =>
    (
      await database.dataSource.query<{ size: string }[]>('SELECT tree_size AS size FROM audit_checkpoints ORDER BY 1')
    ).map(({ size }) => Number(size));

  /** A batch that reads whole months is slower with every record that was ever sealed. */
  const readsOfWholeMonths = async () => {
    await database.dataSource.query('SELECT pg_stat_force_next_flush()');
    const [row] = await database.dataSource.query<{ scans: string }[]>(
      `SELECT sum(seq_scan) AS scans FROM pg_stat_user_tables WHERE relname LIKE 'audit\\_events\\_%'`,
    );
    return row?.scans;
  };

  it('puts each record once into a tree whose root is that of their canonical bytes, and signs it', async () => {
    await records(700);
    const wholeReads = await readsOfWholeMonths();
    expect(await stage.sealer.sealBatch()).toBe(700);
    expect(await readsOfWholeMonths()).toBe(wholeReads);
    const rows = await stage.sealed();
    expect(rows.map(({ leafIndex }) => leafIndex)).toEqual(Array.from({ length: 700 }, (_one, n) => n));
    const range = new CompactRange();
    for (const { row } of rows) range.appendLeaf(leafHash(Buffer.from(canonicalRecord(row))));
    const [checkpoint] = await stage.checkpoints();
    const opened = openCheckpoint(checkpoint?.note ?? '', [await stage.verifier()]);
    expect(opened).toMatchObject({ size: 700, root: range.root() });
    expect(opened.signedBy).toHaveLength(1);
    expect(await treeRoot(700, stage.readTiles)).toEqual(range.root());
  });

  it('writes records as RFC 8785 writes them, so that anybody can write them again', async () => {
    await records(3);
    await stage.sealer.sealBatch();
    for (const { row } of await stage.sealed()) {
      const text = canonicalRecord(row);
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
    }
  });

  it('seals what commits late too, and never twice, whoever seals at the same time', async () => {
    const other = await startAudit(database);
    const late = database.dataSource.createQueryRunner();
    await late.startTransaction();
    await stage.audit.record(late.manager, ACTOR, { action: ACTION, tenantId: null, target: null, outcome: 'success' });
    const writing = (async () => {
      for (let n = 0; n < 20; n++) await records(25);
    })();
    let done = false;
    const sealing = [stage, other].map(async ({ sealer }) => {
      while (!done) {
        await sealer.sealBatch();
        await sleep(1);
      }
    });
    await writing;
    await sleep(20);
    await late.commitTransaction();
    await late.release();
    done = true;
    await Promise.all(sealing);
    while ((await stage.sealer.sealBatch()) !== 0);
    const rows = await stage.sealed();
    expect(rows).toHaveLength(501);
    expect(new Set(rows.map(({ row }) => row.id)).size).toBe(501);
    const range = new CompactRange();
    for (const { row } of rows) range.appendLeaf(leafHash(Buffer.from(canonicalRecord(row))));
    expect(await treeRoot(501, stage.readTiles)).toEqual(range.root());
  });

  it('signs after a thousand records or a minute, and not for nothing', async () => {
    await records(10);
    await stage.sealer.sealBatch();
    await stage.sealer.sealBatch();
    await records(5);
    await stage.sealer.sealBatch();
    expect(await sizes()).toEqual([10]);
    await records(1000);
    await stage.sealer.sealBatch();
    expect(await sizes()).toEqual([10, 1015]);
    await records(1);
    await database.dataSource.query('ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL');
    await database.dataSource.query(`UPDATE audit_checkpoints SET signed_at = signed_at - interval '1 minute'`);
    await stage.sealer.sealBatch();
    expect(await sizes()).toEqual([10, 1015, 1016]);
  });

  it('never signs a tree that was changed after it was signed, however well', async () => {
    await records(5);
    await stage.sealer.sealBatch();
    for (const table of ['audit_tiles', 'audit_trees']) {
      await database.dataSource.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
    }
    await database.dataSource.query(
      `UPDATE audit_tiles SET hashes = overlay(hashes PLACING '\\x00' FROM 1) WHERE level = 0`,
    );
    await records(1000);
    await expect(stage.sealer.sealBatch()).rejects.toThrow('it was changed');
    await database.dataSource.query('UPDATE audit_trees SET size = 4');
    await expect(stage.sealer.sealBatch()).rejects.toThrow('it was cut');
    expect(await sizes()).toEqual([5]);
  });

  it.each([
    [
      'a leaf that was never a record',
      `UPDATE audit_tiles SET hashes = hashes || decode(repeat('ab', 32), 'hex') WHERE level = 0`,
    ],
    ['a size', 'SELECT 1'],
  ])('adds nothing to a tree that somebody else grew by %s, within what the triggers allow', async (_what, sql) => {
    await records(5);
    await stage.sealer.sealBatch();
    await database.dataSource.query(sql);
    await database.dataSource.query('UPDATE audit_trees SET size = size + 1');
    await records(1);
    await expect(stage.sealer.sealBatch()).rejects.toThrow('it was changed');
    expect(await sizes()).toEqual([5]);
  });

  it('does not begin anew, and does not take an older head, while it knows better', async () => {
    await records(5);
    await stage.sealer.sealBatch();
    const older = await database.dataSource.query('SELECT size, sealed_head, published_size FROM audit_trees');
    const tiles = await database.dataSource.query('SELECT * FROM audit_tiles');
    await records(5);
    await stage.sealer.sealBatch();
    for (const table of ['audit_tiles', 'audit_trees', 'audit_leaves', 'audit_checkpoints'])
      await database.dataSource.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
    await database.dataSource.query('UPDATE audit_trees SET size = $1, sealed_head = $2, published_size = $3', [
      older[0].size,
      older[0].sealed_head,
      older[0].published_size,
    ]);
    await database.dataSource.query('DELETE FROM audit_leaves WHERE leaf_index >= 5');
    for (const { level, tile_index, hashes } of tiles)
      await database.dataSource.query('UPDATE audit_tiles SET hashes = $3 WHERE level = $1 AND tile_index = $2', [
        level,
        tile_index,
        hashes,
      ]);
    await expect(stage.sealer.sealBatch()).rejects.toThrow('5 records, but this process knows 10');
    // Another process knows nothing, until it is told.
    const other = await startAudit(database);
    await records(1);
    other.sealer.remember({ size: 10, root: Buffer.alloc(32), from: '/kept/checkpoints' });
    await expect(other.sealer.sealBatch()).rejects.toThrow('/kept/checkpoints knows 10');
    await database.dataSource.query('UPDATE audit_trees SET size = 0, sealed_head = NULL, published_size = 0');
    await database.dataSource.query('DELETE FROM audit_checkpoints; DELETE FROM audit_tiles; DELETE FROM audit_leaves');
    await expect(stage.sealer.sealBatch()).rejects.toThrow('it was cut');
  });

  it('takes no head that it did not write', async () => {
    await records(5);
    await stage.sealer.sealBatch();
    for (const set of ['published_size = 9000000', 'sealed_head = NULL', `sealed_head = sealed_head || '\\x00'`]) {
      const [before] = await database.dataSource.query('SELECT published_size, sealed_head FROM audit_trees');
      await database.dataSource.query(`UPDATE audit_trees SET ${set}`);
      await expect(stage.sealer.sealBatch()).rejects.toThrow('it was changed');
      await database.dataSource.query('UPDATE audit_trees SET published_size = $1, sealed_head = $2', [
        before.published_size,
        before.sealed_head,
      ]);
    }
    expect(await stage.sealer.sealBatch()).toBe(0);
  });

  it('seals a record whose states were spoilt in the table, as what it then is, and the others', async () => {
    await records(3);
    await database.dataSource.query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await database.dataSource.query(
      `UPDATE audit_events SET sealed_states = sealed_states || '\\x00' WHERE target_id = '1'`,
    );
    expect(await stage.sealer.sealBatch()).toBe(3);
    const spoilt = (await stage.sealed()).find(({ row }) => row.targetId === '1');
    expect(spoilt?.row.states).toMatch(/^\{"after":\{"unreadable":"[\da-f]{64}"\},"before":null\}$/);
  });

  it('takes no more at once than it can hold, and is not stopped by a record of any length', async () => {
    const { dataSource } = database;
    const append = (bytes: number, count: number) =>
      dataSource.query(
        `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, reason)
         SELECT gen_random_uuid(), 'security', 'x.y.z', 'success', 'system', repeat('x', $1) FROM generate_series(1, $2::int)`,
        [bytes, count],
      );
    await expect(append(10_000, 1)).rejects.toThrow('ck_audit_events_lengths');
    // As from before there was a limit.
    await dataSource.query('ALTER TABLE audit_events DROP CONSTRAINT ck_audit_events_lengths');
    await append(900_000, 20);
    await append(50_000_000, 1);
    const batches: (number | null)[] = [];
    do batches.push(await stage.sealer.sealBatch());
    while (stage.sealer.wasFull);
    expect(batches).toEqual([16, 4]);
    expect(await dataSource.query('SELECT FROM audit_pending')).toEqual([]);
  }, 60_000);

  it('sees what is written into a partition by its own name, and lets none be emptied', async () => {
    const { dataSource } = database;
    const [{ name }] = await dataSource.query(
      `SELECT 'audit_events_security_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS name`,
    );
    for (const partition of [name, 'audit_events_other']) {
      const at = partition === name ? 'now()' : "'2001-01-01'";
      await dataSource.query(
        `INSERT INTO ${partition} (id, retention_class, occurred_at, action, outcome, actor_type)
         VALUES (gen_random_uuid(), 'security', ${at}, 'x.y.z', 'success', 'system')`,
      );
      expect(await stage.sealer.sealBatch()).toBe(1);
      await expect(dataSource.query(`TRUNCATE ${partition}`)).rejects.toThrow('append-only');
    }
  });

  it.each([
    ['a leaf', 'UPDATE audit_leaves SET event_id = gen_random_uuid()'],
    ['the leaves', 'TRUNCATE audit_leaves'],
    ['a checkpoint', `UPDATE audit_checkpoints SET note = ''`],
    ['checkpoints', 'DELETE FROM audit_checkpoints'],
    ['the size of the tree', 'UPDATE audit_trees SET size = size - 1'],
    ['the tree', 'DELETE FROM audit_trees'],
    ['a tile', `UPDATE audit_tiles SET hashes = overlay(hashes PLACING '\\x00'::bytea FROM 1)`],
    ['a tile by cutting it', 'UPDATE audit_tiles SET hashes = substring(hashes FOR 32)'],
    ['tiles', 'TRUNCATE audit_tiles'],
  ])('is not taken back: the database refuses to change %s', async (_what, sql) => {
    await records(5);
    await stage.sealer.sealBatch();
    await expect(database.dataSource.query(sql)).rejects.toThrow(/append-only|only grows/);
  });
});
