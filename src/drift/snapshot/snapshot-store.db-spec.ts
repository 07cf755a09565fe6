import { hash as digest } from 'node:crypto';
import { startKeys } from '../../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { LocalMasterKey } from '../../keys/master-key.js';
import type { TenantCollection } from '../collect/collect.types.js';
import { fingerprintOf } from '../collect/type-collector.js';
import { TypeDelta } from '../collect/type-delta.js';
import { hashOf } from '../normalise/normalise-object.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { HeadsRepository } from './heads.repository.js';
import { NewestHeads } from './newest-heads.js';
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
  let heads: NewestHeads;
  let seals: SnapshotSeals;
  let tenantId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    transactions = new TransactionRunner(database.dataSource);
    const { ring } = await startKeys(database, new LocalMasterKey(Buffer.alloc(32, 'drift')));
    seals = new SnapshotSeals(ring);
    const repository = new SnapshotRepository(seals);
    const headRows = new HeadsRepository();
    store = new SnapshotStore(repository, headRows);
    reader = new SnapshotReader(transactions, repository);
    heads = new NewestHeads(transactions, headRows, reader);
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

  interface Reading {
    type: ResourceType;
    objects: StoredObject[];
    status: CollectionStatus;
  }

  const collection = (
    objects: StoredObject[],
    status: CollectionStatus = 'complete',
    type: ResourceType = 'group',
  ): Reading => ({ type, objects, status });

  /** Reads against the newest snapshot, as a scan does. */
  async function collect(
    { type, objects, status }: Reading,
    previous: StoredSnapshot | null,
    fingerprint = fingerprintOf,
  ): Promise<TenantCollection> {
    const reason = status === 'complete' ? null : 'Graph failed (HTTP 503 after 4 tries)';
    const delta = new TypeDelta(type, heads.of(previous));
    if (status !== 'failed') await delta.offer(objects.map((one) => ({ object: one, fingerprint: fingerprint(one) })));
    const ended = await delta.ended(status === 'complete');
    return new Map([[type, { resourceType: type, status, reason, named: new Set<string>(), ...ended }]]);
  }

  const latest = () => transactions.read((tx) => store.latest(tx, tenantId));

  async function write(reading: Reading, takenAt = new Date(), fingerprint = fingerprintOf): Promise<StoredSnapshot> {
    const previous = await latest();
    const read = await collect(reading, previous, fingerprint);
    return transactions.run((tx) => store.write(tx, { tenantId, slotId: newId(), takenAt }, previous, read));
  }

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

  it('keeps what an object was read from, and holds only what differs against the snapshot', async () => {
    await write(collection([object('a', { n: 1 }), object('b', { n: 1 }), object('c', { n: 1 })]));
    const next = collection([object('a', { n: 1 }), object('b', { n: 2 }), object('d', { n: 1 })]);
    const read = (await collect(next, await latest())).get('group');
    expect([...(read?.changed.keys() ?? [])]).toEqual(['b', 'd']);
    expect([...(read?.gone ?? [])]).toEqual(['c']);
    expect([read?.count, read?.reread.size]).toEqual([3, 0]);
    const partial = (await collect({ ...next, status: 'partial' }, await latest())).get('group');
    expect([[...(partial?.gone ?? [])], partial?.count]).toEqual([[], 3]);
  });

  it('notes another form of the same content once, and opens no new interval for it', async () => {
    const first = collection([object('a', { n: 1 }), object('b', { n: 1 })]);
    const { types } = await write(first);
    const otherForm = ({ key, hash }: StoredObject) => digest('sha256', `${key} ${hash}, with white space`, 'buffer');
    const again = (await collect(first, await latest(), otherForm)).get('group');
    expect([again?.changed.size, [...(again?.reread.keys() ?? [])], again?.gone.size]).toEqual([0, ['a', 'b'], 0]);
    const second = await write(first, new Date(), otherForm);
    expect(second.types).toEqual(types);
    expect((await counts())['config_versions']).toBe(2);
    expect((await collect(first, await latest(), otherForm)).get('group')?.reread.size).toBe(0);
  });

  it('does not believe what an older normal form was read from, and loses nothing by it', async () => {
    const reading = collection([object('a', { n: 1 }), object('b', { n: 1 })]);
    await write(reading);
    await database.dataSource.query('UPDATE config_snapshots SET normaliser_version = 0 WHERE tenant_id = $1', [
      tenantId,
    ]);
    const read = (await collect(collection([object('a', { n: 1 })]), await latest())).get('group');
    expect([[...(read?.reread.keys() ?? [])], [...(read?.gone ?? [])]]).toEqual([['a'], ['b']]);
    await write(collection([object('a', { n: 1 })], 'partial'));
    const rows = await database.dataSource.query<{ key: string; known: boolean }[]>(
      `SELECT resource_key AS key, fingerprint IS NOT NULL AS known FROM config_versions
        WHERE tenant_id = $1 ORDER BY 1`,
      [tenantId],
    );
    expect(rows).toEqual([
      { key: 'a', known: true },
      { key: 'b', known: false },
    ]);
  });

  it('takes of two readings of one object within a scan the preferred one, whether one of them is known or not', async () => {
    const [older, newer] = [
      object('a', { n: 1 }, { modifiedAt: '2026-01-01T00:00:00Z' }),
      object('a', { n: 2 }, { modifiedAt: '2026-02-01T00:00:00Z' }),
    ];
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      await write(collection([older]));
      expect(await contents(await write(collection(order)))).toEqual({ a: { n: 2 } });
      const read = (await collect(collection(order), await latest())).get('group');
      expect([read?.changed.size, read?.gone.size, read?.count]).toEqual([0, 0, 1]);
    }
  });

  it('gives every type the root of its contents, whatever way it came to them', async () => {
    const root = async (reading: Reading) => (await write(reading)).types.get('group')?.root;
    const empty = await root(collection([]));
    expect(empty).toBe(digest('sha256', ''));
    const two = await root(collection([object('b', { n: 1 }), object('a', { n: 1 })]));
    const line = (key: string) => `${key}\0${hashOf({ n: 1 })}`;
    expect(two).toBe(digest('sha256', [line('a'), line('b')].join('\n')));
    expect(await root(collection([object('a', { n: 1 })]))).not.toBe(two);
    expect(await root(collection([object('a', { n: 1 }), object('b', { n: 1 })]))).toBe(two);
    expect(await root(collection([], 'failed'))).toBeNull();
    expect(await root(collection([object('a', { n: 1 }), object('b', { n: 1 })]))).toBe(two);
    expect(await root(collection([]))).toBe(empty);
  });

  it('refuses to write against a snapshot that is not the newest any more', async () => {
    const reading = collection([object('a', { n: 1 })]);
    await write(reading);
    const stale = await collect(reading, null);
    await expect(
      transactions.run((tx) => store.write(tx, { tenantId, slotId: newId(), takenAt: new Date() }, null, stale)),
    ).rejects.toMatchObject({ code: 'jobs.run_overtaken' });
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
        const read = await collect(collection([object('a', {})]), null);
        await store.write(tx, { tenantId, slotId: newId(), takenAt: new Date() }, null, read);
        throw new Error('overtaken');
      }),
    ).rejects.toThrow('overtaken');
    expect(await counts()).toEqual(before);
  });
});
