import { startKeys } from '../../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { LocalMasterKey } from '../../keys/master-key.js';
import type { TenantCollection } from '../collect/collect.types.js';
import { hashOf } from '../normalise/normalise-object.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { SnapshotRepository } from './snapshot.repository.js';
import type { CollectionStatus, SnapshotObject } from './snapshot.types.js';
import { SnapshotReader } from './snapshot-reader.js';
import { SnapshotSeals } from './snapshot-seals.service.js';
import { SnapshotStore } from './snapshot-store.js';
import { StoredObject } from './stored-object.js';
import type { StoredSnapshot } from './stored-snapshot.js';

const TABLES = ['config_blobs', 'config_versions', 'config_snapshots'];

describe('the snapshot store', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;
  let store: SnapshotStore;
  let reader: SnapshotReader;
  let seals: SnapshotSeals;
  let tenantId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    transactions = new TransactionRunner(database.dataSource);
    const { ring } = await startKeys(database, new LocalMasterKey(Buffer.alloc(32, 'drift')));
    seals = new SnapshotSeals(ring);
    const repository = new SnapshotRepository(seals);
    store = new SnapshotStore(repository);
    reader = new SnapshotReader(transactions, repository);
  });
  beforeEach(async () => {
    tenantId = newId();
    await database.dataSource.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 't', false, false, 300)`,
      [tenantId, newId()],
    );
  });
  afterAll(() => database.close());

  function object(key: string, value: JsonObject, part: Partial<SnapshotObject> = {}): StoredObject {
    return StoredObject.from({
      resourceType: 'group',
      key,
      displayName: key,
      value,
      hash: hashOf(value),
      modifiedAt: null,
      ...part,
    });
  }

  function collection(
    objects: StoredObject[],
    status: CollectionStatus = 'complete',
    type: ResourceType = 'group',
  ): TenantCollection {
    const reason = status === 'complete' ? null : 'Graph failed (HTTP 503 after 4 tries)';
    return new Map([
      [type, { resourceType: type, status, reason, objects: new Map(objects.map((one) => [one.key, one])) }],
    ]);
  }

  const write = (read: TenantCollection, takenAt = new Date()): Promise<StoredSnapshot> =>
    transactions.run((tx) => store.write(tx, { tenantId, slotId: newId(), takenAt }, read));

  async function contents(snapshot: StoredSnapshot): Promise<Record<string, JsonObject>> {
    const found: Record<string, JsonObject> = {};
    for await (const { key, value } of reader.objects(snapshot)) found[key] = value;
    return found;
  }

  const counts = async () => {
    const rows: Record<string, number> = {};
    for (const table of TABLES) {
      const [row] = await database.dataSource.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`,
        [tenantId],
      );
      rows[table] = row?.n ?? -1;
    }
    return rows;
  };

  it('gives back every past snapshot as it was', async () => {
    const first = await write(collection([object('a', { n: 1 }), object('b', { n: 1 })]));
    const second = await write(collection([object('a', { n: 2 }), object('c', { n: 3 })]));
    const third = await write(collection([object('a', { n: 1 })]));
    expect(await contents(first)).toEqual({ a: { n: 1 }, b: { n: 1 } });
    expect(await contents(second)).toEqual({ a: { n: 2 }, c: { n: 3 } });
    expect(await contents(third)).toEqual({ a: { n: 1 } });
    expect([first, second, third].map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('keeps one copy of equal contents', async () => {
    await write(collection([object('a', { n: 1 }), object('b', { n: 1 }), object('c', { n: 1 })]));
    // The content, and the states of the types.
    expect((await counts())['config_blobs']).toBe(2);
  });

  it('adds only a header for a tenant that did not change, less than a kilobyte with its indexes', async () => {
    const read = () => collection(Array.from({ length: 50 }, (_unused, n) => object(`k${n}`, { n })));
    await write(read());
    const before = await counts();
    const sizes = async () => {
      const [row] = await database.dataSource.query<{ bytes: number }[]>(
        `SELECT sum(pg_total_relation_size(name::regclass))::int AS bytes FROM unnest($1::text[]) AS name`,
        [TABLES],
      );
      return row?.bytes ?? 0;
    };
    const bytesBefore = await sizes();
    const SCANS = 200;
    for (let scan = 0; scan < SCANS; scan++) await write(read());
    expect(await counts()).toEqual({ ...before, config_snapshots: (before['config_snapshots'] ?? 0) + SCANS });
    expect((await sizes()) - bytesBefore).toBeLessThan(SCANS * 1024);
  });

  it.each(['partial', 'failed'] as const)('never takes an object for gone when its type ended %s', async (status) => {
    await write(collection([object('a', { n: 1 }), object('b', { n: 1 })]));
    const partial = await write(
      collection(status === 'failed' ? [] : [object('a', { n: 2 }), object('c', { n: 1 })], status),
    );
    expect(Object.keys(await contents(partial))).toEqual(expect.arrayContaining(['a', 'b']));
    expect(partial.complete).toBe(false);
    const recovered = await write(collection([object('a', { n: 2 })]));
    expect(await contents(recovered)).toEqual({ a: { n: 2 } });
  });

  it('says since when a type has not been complete', async () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
    await write(collection([object('a', {})]), at(0));
    const first = await write(collection([], 'failed'), at(5));
    const second = await write(collection([object('a', {})], 'partial'), at(10));
    const recovered = await write(collection([object('a', {})]), at(15));
    expect([first, second, recovered].map(({ types }) => types.get('group')?.since)).toEqual([
      at(5).toISOString(),
      at(5).toISOString(),
      null,
    ]);
  });

  it('remembers the last complete reading of a type that has not been complete since', async () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
    await write(collection([object('a', {})]), at(0));
    await write(collection([], 'failed'), at(5));
    const { id } = await write(collection([object('a', {})], 'partial'), at(10));
    const kept = await transactions.read((tx) => store.find(tx, id));
    expect(kept?.types.get('group')?.completeAt).toBe(at(0).toISOString());
    expect((await write(collection([object('a', {})]), at(15))).types.get('group')?.completeAt).toBeUndefined();
  });

  it('keeps what a tenant can put into names and values', async () => {
    const nasty = '\0 \ud800 "\\ \u2028';
    const key = `${'k'.repeat(3000)}\0`;
    const snapshot = await write(
      collection([
        object(key, { note: nasty }, { displayName: nasty }),
        object('date', { n: 1 }, { modifiedAt: '9999-99-99T00:00:00Z' }),
      ]),
    );
    const found = await contents(snapshot);
    expect(Object.values(found)).toContainEqual({ note: nasty });
    expect(Object.keys(found).every((one) => one.length < 100)).toBe(true);
  });

  it('is the same side of a comparison whether its contents are read or still in memory', async () => {
    const snapshot = await write(collection([object('a', { n: 1 }), object('b', { n: 1 })]));
    const same = collection([object('b', { n: 1 }), object('a', { n: 1 })]);
    const other = collection([object('a', { n: 2 })]);
    for (const now of [same, other, new Map() as TenantCollection]) {
      const before = await transactions.read((tx) => reader.asBefore(tx, snapshot, now));
      const objects = before.types.get('group')?.objects ?? [];
      expect(Object.fromEntries(objects.map(({ key, value }) => [key, value]))).toEqual({ a: { n: 1 }, b: { n: 1 } });
    }
  });

  it('reads a snapshot of many objects page by page, in order and without doubles', async () => {
    const objects = Array.from({ length: 1203 }, (_unused, n) => object(`key-${n}`, { n }));
    const snapshot = await write(collection(objects));
    const keys: string[] = [];
    for await (const { key } of reader.objects(snapshot)) keys.push(key);
    expect(new Set(keys).size).toBe(1203);
    expect(keys).toHaveLength(1203);
  });

  it.each([
    ['as it is', 'short'],
    ['deflated', 'long'.repeat(1000)],
  ])('reads no content that is not what its hash names, sealed %s', async (_how, text) => {
    const snapshot = await write(collection([object('a', { text })]));
    const hash = hashOf({ text });
    const replace = async (content: string) =>
      database.dataSource.query(
        `UPDATE config_blobs SET sealed_body = $3 WHERE tenant_id = $1 AND hash = decode($2, 'hex')`,
        [tenantId, hash, await seals.sealBody(tenantId, hash, content)],
      );
    await replace(`{"text":"${text}"}`);
    expect(await contents(snapshot)).toEqual({ a: { text } });
    await replace(`{"text":"${text}."}`);
    await expect(contents(snapshot)).rejects.toMatchObject({ code: 'drift.content_changed' });
  });

  it('leaves nothing when its transaction fails', async () => {
    const before = await counts();
    await expect(
      transactions.run(async (tx) => {
        await store.write(tx, { tenantId, slotId: newId(), takenAt: new Date() }, collection([object('a', {})]));
        throw new Error('overtaken');
      }),
    ).rejects.toThrow('overtaken');
    expect(await counts()).toEqual(before);
  });
});
