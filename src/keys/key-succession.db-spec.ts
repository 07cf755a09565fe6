import { randomBytes } from 'node:crypto';
import { type KeysInstance, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { keyVersionOf } from '../crypto/data-key-cipher.js';
import { defineIndexedColumn, defineSealedColumn } from '../crypto/sealed-columns.js';
import { newId } from '../kernel/ids/ids.js';
import { sealRetirement } from './checkpoint-retirement.js';
import { LocalMasterKey } from './master-key.js';
import { KeyEncryptionKeys } from './vault/key-encryption-key.js';

const OPERATOR = systemActor('operator');
const THINGS = 2000;
const SECRET = defineSealedColumn({ table: 'things', column: 'secret', row: 'id', tenant: 'tenant_id', rewrap: true });
const KEPT = defineSealedColumn({ table: 'kept_things', column: 'secret', row: 'id', tenant: null, rewrap: false });
defineIndexedColumn({
  source: SECRET,
  column: 'entry',
  purpose: 'things',
  textOf: (plaintext) => plaintext.toString(),
});

interface Thing {
  id: string;
  tenant_id: string | null;
  secret: Buffer;
  entry: Buffer;
}

describe('the succession of keys', () => {
  const master = new LocalMasterKey(randomBytes(32));
  let database: TestDatabase;
  let one: KeysInstance;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    one = await startKeys(database, master);
    await sql('CREATE TABLE things (id uuid PRIMARY KEY, tenant_id uuid, secret bytea NOT NULL, entry bytea NOT NULL)');
    await sql('CREATE TABLE kept_things (id uuid PRIMARY KEY, secret bytea NOT NULL)');
  });
  afterEach(() => database.close());

  const sql = <T = unknown>(query: string, parameters?: unknown[]): Promise<T> =>
    database.dataSource.query(query, parameters);
  const things = () => sql<Thing[]>('SELECT * FROM things ORDER BY id');
  const actions = async () =>
    (await sql<{ action: string }[]>(`SELECT action FROM audit_events ORDER BY occurred_at, id`)).map(
      ({ action }) => action,
    );
  const stateOf = (table: string) =>
    sql<{ version: number; state: string }[]>(`SELECT version, state FROM ${table} ORDER BY version`);
  /** As if the rotation was two hours ago. */
  const later = (table: string) => sql(`UPDATE ${table} SET retiring_since = retiring_since - interval '2 hours'`);

  async function addThings(count: number, { ring }: KeysInstance = one): Promise<void> {
    const index = await ring.index('things');
    for (let n = 0; n < count; n++) {
      const [id, tenantId] = [newId(), n % 2 === 0 ? newId() : null];
      const secret = await ring.seal(Buffer.from(`secret ${id}`), SECRET.place(id, tenantId));
      await sql('INSERT INTO things VALUES ($1, $2, $3, $4)', [id, tenantId, secret, index.entry(`secret ${id}`)]);
    }
  }

  async function fillThings(): Promise<void> {
    const index = await one.ring.index('things');
    const rows = await Promise.all(
      Array.from({ length: THINGS }, async () => {
        const id = newId();
        return [id, await one.ring.seal(Buffer.from(`secret ${id}`), SECRET.place(id)), index.entry(`secret ${id}`)];
      }),
    );
    await sql(
      'INSERT INTO things SELECT id, NULL, secret, entry FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) t (id, secret, entry)',
      [rows.map(([id]) => id), rows.map(([, secret]) => secret), rows.map(([, , entry]) => entry)],
    );
  }

  async function upkeep(instance: KeysInstance): Promise<void> {
    await instance.upkeep.look();
    await instance.upkeep.settled();
  }

  async function expectAllOpen(instance: KeysInstance, version: number): Promise<void> {
    const index = await instance.ring.index('things');
    for (const { id, tenant_id, secret, entry } of await things()) {
      expect((await instance.ring.open(secret, SECRET.place(id, tenant_id))).toString()).toBe(`secret ${id}`);
      expect([id, keyVersionOf(secret)]).toEqual([id, version]);
      expect(entry).toEqual(index.entry(`secret ${id}`));
    }
  }

  it('seals under another data key at once, writes again what lay under the older, and erases that when nothing lies under it', async () => {
    await addThings(30);
    const kept = newId();
    await sql('INSERT INTO kept_things VALUES ($1, $2)', [
      kept,
      await one.ring.seal(Buffer.from('kept'), KEPT.place(kept)),
    ]);
    const other = await startKeys(database, master);
    expect(await one.succession.rotate(OPERATOR, 'data', { force: false })).toEqual({
      kind: 'data',
      current: '2',
      retiring: '1',
    });
    await upkeep(one);
    await expectAllOpen(one, 2);
    await expectAllOpen(other, 2);
    await later('data_keys');

    // The kept one still refers to it, and so does the audit trail.
    await one.succession.requestUpkeep(OPERATOR);
    await upkeep(one);
    expect(await stateOf('data_keys')).toEqual([
      { version: 1, state: 'retiring' },
      { version: 2, state: 'current' },
    ]);
    await sql('DELETE FROM kept_things');
    await sql('UPDATE data_keys SET references_seen_at = NULL');
    await database.dataSource.transaction(async (tx) => {
      // As retention does it, past the triggers that let nobody delete records.
      await tx.query('SET LOCAL session_replication_role = replica');
      await tx.query('DELETE FROM audit_events WHERE substring(sealed_states FROM 2 FOR 4) = int4send(1)');
    });
    await one.succession.requestUpkeep(OPERATOR);
    await upkeep(one);
    expect(await stateOf('data_keys')).toEqual([
      { version: 1, state: 'retired' },
      { version: 2, state: 'current' },
    ]);
    expect(await sql('SELECT octet_length(wrapped_key) AS length FROM data_keys WHERE version = 1')).toEqual([
      { length: 0 },
    ]);
    await expectAllOpen(await startKeys(database, master), 2);
  });

  it('goes on where a run was cut off, and writes nothing twice', async () => {
    await fillThings();
    await one.succession.rotate(OPERATOR, 'data', { force: false });
    const cut = new AbortController();
    let transactions = 0;
    const run = { actor: OPERATOR, verify: true, signal: cut.signal };
    const assertMine = async () => {
      transactions += 1;
      // Two for each sealed column of the checkpoint keys, then those of the things.
      if (transactions === 6) cut.abort(new Error('killed'));
    };
    await expect(one.rewrap.run({ ...run, assertMine })).rejects.toThrow('killed');
    const [halfway] = await sql<{ written: string; block: string }[]>(
      `SELECT written, block FROM key_rewraps WHERE table_name = 'things' AND kind = 'data'`,
    );
    expect(Number(halfway?.written)).toBeGreaterThan(0);
    expect(Number(halfway?.written)).toBeLessThan(THINGS);
    const other = await startKeys(database, master);
    const signal = new AbortController().signal;
    expect(await other.rewrap.run({ ...run, signal, assertMine: async () => undefined })).toBe(true);
    const [done] = await sql<{ written: string }[]>(
      `SELECT written FROM key_rewraps WHERE table_name = 'things' AND kind = 'data'`,
    );
    expect(Number(done?.written)).toBe(THINGS);
    await expectAllOpen(one, 2);
    expect(await actions()).toContain('keys.rewrap.completed');
  });

  it('does not overwrite what others write meanwhile, and passes by what they hold', async () => {
    await addThings(20);
    await one.succession.rotate(OPERATOR, 'data', { force: false });
    const [held, changed] = await things();
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT 1 FROM things WHERE id = $1 FOR UPDATE', [held?.id]);
    const run = {
      actor: OPERATOR,
      verify: true,
      signal: new AbortController().signal,
      assertMine: async () => undefined,
    };
    expect(await one.rewrap.run(run)).toBe(false);
    await holder.commitTransaction();
    await holder.release();
    const fresh = await one.ring.seal(
      Buffer.from(`secret ${changed?.id}`),
      SECRET.place(String(changed?.id), changed?.tenant_id),
    );
    await sql('UPDATE things SET secret = $2 WHERE id = $1', [changed?.id, fresh]);
    expect(await one.rewrap.run(run)).toBe(true);
    await expectAllOpen(one, 2);
  });

  it('rotates the index key: what was written under either is found all the while, and is written again', async () => {
    await addThings(10);
    await expect(one.succession.rotate(OPERATOR, 'index', { force: false })).rejects.toMatchObject({
      code: 'keys.next_too_young',
    });
    const other = await startKeys(database, master);
    const [thing] = await things();
    const found = async ({ ring }: KeysInstance) => {
      const entries = (await ring.indexes('things')).map((index) => index.entry(`secret ${thing?.id}`));
      return sql<unknown[]>('SELECT id FROM things WHERE entry = ANY ($1::bytea[])', [entries]);
    };
    await one.succession.rotate(OPERATOR, 'index', { force: true });
    await one.ring.reread();
    expect(await found(other)).toHaveLength(1);
    expect(await found(one)).toHaveLength(1);
    await upkeep(one);
    // It hasn't heard of the rotation, and knew the key as the next one.
    expect(await found(other)).toHaveLength(1);
    await expectAllOpen(one, 1);
    await later('index_keys');
    await one.succession.requestUpkeep(OPERATOR);
    await upkeep(one);
    expect(await stateOf('index_keys')).toEqual([
      { version: 1, state: 'retired' },
      { version: 2, state: 'current' },
      { version: 3, state: 'next' },
    ]);
  });

  it('erases no key before what lay under it was walked through once since it was replaced', async () => {
    await one.succession.rotate(OPERATOR, 'index', { force: true });
    await later('index_keys');
    await one.succession.retireUnused(OPERATOR, async () => undefined);
    expect((await stateOf('index_keys'))[0]).toEqual({ version: 1, state: 'retiring' });
    await upkeep(one);
    expect((await stateOf('index_keys'))[0]).toEqual({ version: 1, state: 'retired' });
  });

  it('lets the checkpoint key before sign for some days, then erases its private half and keeps the public one', async () => {
    const [before] = await one.ring.checkpointKeys();
    const { current } = await one.succession.rotate(OPERATOR, 'checkpoint', { force: false });
    await one.ring.reread();
    expect((await one.ring.checkpointKeys()).map(({ id }) => id)).toEqual([current, before?.id]);
    const over = await sealRetirement(one.ring, before?.id ?? '', new Date(Date.now() - 60_000));
    await sql(`UPDATE checkpoint_keys SET sealed_retirement = $1 WHERE state = 'retiring'`, [over]);
    await upkeep(one);
    await one.ring.reread();
    expect((await one.ring.checkpointKeys()).map(({ id }) => id)).toEqual([current]);
    expect(
      await sql(
        `SELECT octet_length(wrapped_private_key) AS length, octet_length(public_key) AS public FROM checkpoint_keys WHERE state = 'retired'`,
      ),
    ).toEqual([{ length: 0, public: 32 }]);
    expect(await actions()).toEqual(
      expect.arrayContaining(['keys.checkpoint-key.rotated', 'keys.checkpoint-key.retired']),
    );
  });

  it('says nothing of a checkpoint key that a version before replaced, and lets nobody claim that of another', async () => {
    await one.succession.rotate(OPERATOR, 'checkpoint', { force: false });
    // As 0029 leaves it.
    await sql(
      `SET session_replication_role = replica; UPDATE checkpoint_keys SET sealed_retirement = NULL, replaced_before = true WHERE state = 'retiring';
       RESET session_replication_role`,
    );
    await upkeep(one);
    expect(await actions()).not.toContain('keys.checkpoint-key.resumed');
    expect(one.complaints).toEqual([]);
    const [row] = await sql<unknown[]>(
      `SELECT sealed_retirement IS NOT NULL AS sealed, replaced_before AS before FROM checkpoint_keys WHERE state = 'retiring'`,
    );
    expect(row).toEqual({ sealed: true, before: false });
    await expect(sql('UPDATE checkpoint_keys SET replaced_before = true')).rejects.toThrow('settled');
  });

  it('rotates by schedule what is old, and a data key that has sealed as much as it may', async () => {
    await upkeep(one);
    expect(await stateOf('data_keys')).toHaveLength(1);
    await sql(`UPDATE data_keys SET created_at = created_at - interval '91 days'`);
    await sql(`UPDATE checkpoint_keys SET created_at = created_at - interval '366 days'`);
    await sql(
      `UPDATE index_keys SET created_at = created_at - interval '366 days', activated_at = activated_at - interval '366 days'`,
    );
    await one.succession.requestUpkeep(OPERATOR);
    await upkeep(one);
    expect(await stateOf('data_keys')).toHaveLength(2);
    expect(await stateOf('index_keys')).toHaveLength(3);
    expect(await sql('SELECT 1 FROM checkpoint_keys')).toHaveLength(2);

    const busy = await startKeys(database, master, { settings: { DATA_KEY_MAX_USES: 10_000 } });
    for (let n = 0; n < 10_001; n++) await busy.ring.seal(Buffer.from('x'), SECRET.place('x'));
    for (let tries = 0; tries < 100 && !(await busy.succession.isUsedUp()); tries++) await sql('SELECT pg_sleep(0.05)');
    await upkeep(busy);
    expect(await stateOf('data_keys')).toEqual([
      { version: 1, state: 'retiring' },
      { version: 2, state: 'retiring' },
      { version: 3, state: 'current' },
    ]);
  });

  it('enters at least as many uses as there are, over instances', async () => {
    const other = await startKeys(database, master);
    const seal = ({ ring }: KeysInstance) => ring.seal(Buffer.from('x'), SECRET.place('x'));
    await Promise.all([one, other].flatMap((instance) => Array.from({ length: 5000 }, () => seal(instance))));
    await sql('SELECT pg_sleep(0.3)');
    const [row] = await sql<{ uses: string }[]>('SELECT uses FROM data_keys');
    expect(Number(row?.uses)).toBeGreaterThanOrEqual(10_000);
  });

  it('moves to another master key: all keys are wrapped by it, and the one before is not needed any more', async () => {
    await addThings(5);
    const next = new LocalMasterKey(randomBytes(32));
    const moving = await startKeys(database, new KeyEncryptionKeys(next, [master]));
    const { before, count, wrappedBy } = await moving.rewrapping.run(OPERATOR);
    expect({ before, wrappedBy }).toEqual({ before: [master.id], wrappedBy: next.id });
    expect(count).toBe(6);
    expect(await moving.rewrapping.run(OPERATOR)).toMatchObject({ count: 0 });
    // Whoever has only the older keeps what it has read.
    await expectAllOpen(one, 1);
    await expectAllOpen(await startKeys(database, next), 1);
    await expect(startKeys(database, master)).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
    expect(await actions()).toContain('keys.wrapping.changed');
  });

  it('tells operators every key, what lies under it, and how far it is written again', async () => {
    await addThings(8);
    await one.succession.rotate(OPERATOR, 'data', { force: false });
    await one.ring.reread();
    await addThings(2);
    const before = await one.status.status();
    const of = (table: string) => before.stored.filter((count) => count.table === table && count.kind === 'data');
    expect(of('things')).toEqual([
      { kind: 'data', version: 1, table: 'things', column: 'secret', values: 8, rewrap: true },
      { kind: 'data', version: 2, table: 'things', column: 'secret', values: 2, rewrap: true },
    ]);
    expect(before.wrapsNow).toBe(master.id);
    await upkeep(one);
    const { keys, stored, rewraps } = await one.status.status();
    expect(keys.filter(({ kind }) => kind === 'data').map(({ name, state }) => [name, state])).toEqual([
      ['2', 'current'],
      ['1', 'retiring'],
    ]);
    expect(stored.filter(({ table, kind }) => table === 'things' && kind === 'data')).toMatchObject([
      { version: 2, values: 10 },
    ]);
    expect(rewraps.find(({ table }) => table === 'things')).toMatchObject({
      written: 8,
      completedAt: expect.any(Date),
    });
    expect(JSON.stringify(keys)).not.toMatch(/wrapped_key|wrappedKey/);
  });
});
