import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type KeysInstance, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { checkpointKeyId } from './checkpoint-key-id.js';
import { sealRetirement } from './checkpoint-retirement.js';
import { LocalMasterKey } from './master-key.js';

const OPERATOR = systemActor('operator');

/** Somebody who can write any row, and has no key. */
describe('keys that somebody put into the database', () => {
  const master = new LocalMasterKey(randomBytes(32));
  let database: TestDatabase;
  let one: KeysInstance;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    one = await startKeys(database, master);
  });
  afterEach(() => database.close());

  const sql = <T = unknown>(query: string, parameters?: unknown[]): Promise<T> =>
    database.dataSource.query(query, parameters);
  const believed = async ({ ring } = one) => (await ring.checkpointVerifiers()).map(({ id }) => id);
  const planted = () => {
    const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    return { publicKey, id: checkpointKeyId(publicKey) };
  };

  /** The one that was replaced, retired. */
  async function retireOne(): Promise<string> {
    const { retiring } = await one.succession.rotate(OPERATOR, 'checkpoint', { force: false });
    const over = await sealRetirement(one.ring, retiring, new Date(Date.now() - 60_000));
    await sql('UPDATE checkpoint_keys SET sealed_retirement = $2 WHERE id = $1', [retiring, over]);
    await one.upkeep.look();
    await one.upkeep.settled();
    expect(await sql(`SELECT id FROM checkpoint_keys WHERE state = 'retired'`)).toEqual([{ id: retiring }]);
    return retiring;
  }

  it('verify no checkpoint: neither as a retired key, nor as one in use', async () => {
    const before = await believed();
    expect(before).toHaveLength(1);
    const insert = (state: string, { id, publicKey }: ReturnType<typeof planted>) =>
      sql(
        `INSERT INTO checkpoint_keys (id, state, public_key, wrapped_private_key, wrapped_by, retires_at)
         VALUES ($1, $2, $3, $4, $5, now() - interval '1 day')`,
        [id, state, publicKey, randomBytes(77), master.id],
      );
    await insert('retired', planted());
    await insert('retiring', planted());
    expect(await believed()).toEqual(before);
    const other = await startKeys(database, master);
    expect(await believed(other)).toEqual(before);
    expect(await believed(other)).toEqual(before);
    expect(other.complaints.filter(({ message }) => String(message).includes('nothing it signed counts'))).toHaveLength(
      2,
    );
    // Nor do they become believed by being retired.
    await other.upkeep.look();
    await other.upkeep.settled();
    expect(await believed(other)).toEqual(before);
  });

  it('do not stand in for a retired key, whose public half is sealed for its row', async () => {
    const retired = await retireOne();
    const [current] = await one.ring.checkpointKeys();
    expect(await believed()).toEqual([current?.id, retired]);
    const verifiers = await one.ring.checkpointVerifiers();
    const { id, publicKey } = planted();
    await sql('UPDATE checkpoint_keys SET public_key = $1', [publicKey]);
    expect(await one.ring.checkpointVerifiers()).toEqual(verifiers);

    await sql(
      `INSERT INTO checkpoint_keys (id, state, public_key, wrapped_private_key, wrapped_by, sealed_public_key)
       SELECT $1, state, $2, '', wrapped_by, sealed_public_key FROM checkpoint_keys WHERE id = $3`,
      [id, publicKey, retired],
    );
    expect(await believed()).toEqual([current?.id, retired]);
    await sql('UPDATE checkpoint_keys SET sealed_public_key = $1 WHERE id = $2', [publicKey, retired]);
    expect(await believed()).toEqual([current?.id]);
  });

  it('keep the public half of a retired key through a rotation of the data key that sealed it', async () => {
    const retired = await retireOne();
    await one.succession.rotate(OPERATOR, 'data', { force: false });
    await one.upkeep.look();
    await one.upkeep.settled();
    const [row] = await sql<{ version: string }[]>(
      `SELECT encode(substring(sealed_public_key FROM 2 FOR 4), 'hex') AS version FROM checkpoint_keys WHERE id = $1`,
      [retired],
    );
    expect(row?.version).toBe('00000002');
    expect(await believed()).toContain(retired);
  });

  it.each([
    ['said to be replaced', `UPDATE checkpoint_keys SET state = 'retiring', retires_at = now() - interval '1 day'`],
    ['said to be retired', `UPDATE checkpoint_keys SET state = 'retired'`],
  ])('do not end one that is %s past the service: it signs on beside another, and stays', async (_what, statement) => {
    const [before] = await one.ring.checkpointKeys();
    await sql(statement);
    await one.ring.reread();
    expect((await one.ring.checkpointKeys()).map(({ id }) => id)).toEqual([before?.id]);
    await one.upkeep.look();
    await one.upkeep.settled();
    await one.ring.reread();
    const signing = (await one.ring.checkpointKeys()).map(({ id }) => id);
    expect(signing).toEqual([expect.any(String), before?.id]);
    expect(await believed()).toEqual(expect.arrayContaining(signing));
    expect(
      await sql(`SELECT 1 FROM audit_events WHERE action = 'keys.checkpoint-key.resumed' AND target_id = $1`, [
        before?.id,
      ]),
    ).toHaveLength(1);
    // Nor by its time.
    await sql(`UPDATE checkpoint_keys SET retires_at = now() - interval '1 day' WHERE id = $1`, [before?.id]);
    await one.succession.keepSchedule(OPERATOR, async () => undefined);
    await one.ring.reread();
    expect((await one.ring.checkpointKeys()).map(({ id }) => id)).toEqual(signing);
  });

  it.each([
    ['changed', `wrapped_private_key = wrapped_private_key || '\\x00'`],
    ['erased', `wrapped_private_key = ''`],
  ])('are followed by another where the private half was %s, and what it signed counts on', async (_what, set) => {
    await one.upkeep.look();
    await one.upkeep.settled();
    const [before] = await one.ring.checkpointKeys();
    await sql(`UPDATE checkpoint_keys SET ${set}`);
    const other = await startKeys(database, master);
    const [after] = await other.ring.checkpointKeys();
    expect(after?.id).not.toBe(before?.id);
    expect((await believed(other)).sort()).toEqual([before?.id, after?.id].sort());
  });

  it('are noticed where a secret key was exchanged, and keys from before there were check values get theirs', async () => {
    const [before] = await sql<{ wrapped_key: Buffer; check_value: Buffer }[]>('SELECT * FROM data_keys');
    for (const table of ['data_keys', 'index_keys']) {
      const nulled = () => sql(`UPDATE ${table} SET check_value = NULL`);
      await expect(nulled()).rejects.toThrow(`ck_${table}_check_value`);
      // As migration 0029 leaves it where there were keys without.
      const condition = `CHECK (state = 'retired' OR check_value IS NOT NULL) NOT VALID`;
      await sql(`ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_check_value`);
      await nulled();
      // Who took the constraint away gets no other value for it.
      await expect(startKeys(database, master)).rejects.toMatchObject({ code: 'keys.exchanged' });
      await sql(`ALTER TABLE ${table} ADD CONSTRAINT ck_${table}_check_value ${condition}`);
      await startKeys(database, master);
      await expect(nulled()).rejects.toThrow(`ck_${table}_check_value`);
    }
    const after = await sql<{ check_value: Buffer }[]>('SELECT check_value FROM data_keys');
    expect(after).toEqual([{ check_value: before?.check_value }]);
    expect(await sql('SELECT 1 FROM index_keys WHERE check_value IS NULL')).toEqual([]);

    // As it lies in another database under the same master key.
    const elsewhere = await createTestDatabase();
    await startKeys(elsewhere, master);
    const [other] =
      await elsewhere.dataSource.query<{ wrapped_key: Buffer; check_value: Buffer }[]>('SELECT * FROM data_keys');
    await elsewhere.close();
    await sql('UPDATE data_keys SET wrapped_key = $1', [other?.wrapped_key]);
    const exchanged = { code: 'keys.exchanged', detail: expect.stringContaining('data_keys 1') };
    await expect(startKeys(database, master)).rejects.toMatchObject(exchanged);
    await sql('UPDATE data_keys SET check_value = $1', [other?.check_value]);
    await expect(one.ring.reread()).rejects.toMatchObject(exchanged);
  });
});
