import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeysInstance, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { ecPublicJwk, jwkThumbprint } from '../crypto/jwk-thumbprint.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';
import { LocalMasterKey } from './master-key.js';

const place = defineSealedColumn({
  table: 'things',
  column: 'secret',
  row: 'id',
  tenant: null,
  rewrap: false,
}).place('1');
const OPERATOR = systemActor('operator');

describe('the key ring', () => {
  const master = new LocalMasterKey(randomBytes(32));
  let database: TestDatabase;
  const instances: KeysInstance[] = [];
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map((instance) => instance.stop()));
    await database.close();
  });

  async function started(options: { key?: LocalMasterKey; listening?: boolean } = {}): Promise<KeysInstance> {
    const instance = await startKeys(database, options.key ?? master, options);
    instances.push(instance);
    return instance;
  }
  const sql = <T>(query: string, parameters?: unknown[]): Promise<T> => database.dataSource.query(query, parameters);
  const kidsOf = async ({ ring }: KeysInstance) => (await ring.verificationKeys()).map(({ kid }) => kid).sort();

  it('ends with one current and one next signing key when eight instances start at once on an empty database', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => started()));
    const kids = await Promise.all(all.map(async ({ ring }) => (await ring.signingKey()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await sql('SELECT state FROM signing_keys ORDER BY state')).toEqual([
      { state: 'current' },
      { state: 'next' },
    ]);
    expect(await sql('SELECT version, state FROM data_keys')).toEqual([{ version: 1, state: 'current' }]);
  });

  it('gives an installation from before there were next keys one at start, and keeps its current one', async () => {
    const { kid } = await (await started()).ring.signingKey();
    await sql(`DELETE FROM signing_keys WHERE state = 'next'`);
    const again = await started();
    expect((await again.ring.signingKey()).kid).toBe(kid);
    expect(await kidsOf(again)).toHaveLength(2);
  });

  it('opens on one instance what another sealed, and nothing that was moved', async () => {
    const [one, other] = [await started(), await started()];
    const sealed = await one.ring.seal(Buffer.from('secret'), place);
    expect((await other.ring.open(sealed, place)).toString()).toBe('secret');
    await expect(other.ring.open(sealed, { ...place, row: '2' })).rejects.toMatchObject({ code: 'keys.cannot_open' });
  });

  it('seals nothing that was not declared: it would be lost with the next rotation', async () => {
    const { ring } = await started();
    await expect(ring.seal(Buffer.from('secret'), { ...place, column: 'other' })).rejects.toThrow('no declared');
  });

  it('stores no key in the clear', async () => {
    const { ring } = await started();
    const der = (await ring.signingKey()).privateKey.export({ type: 'pkcs8', format: 'der' });
    const rows = await sql<{ wrapped_private_key: Buffer }[]>('SELECT wrapped_private_key FROM signing_keys');
    expect(rows).toHaveLength(2);
    expect(rows.some(({ wrapped_private_key }) => wrapped_private_key.includes(der.subarray(-40)))).toBe(false);
  });

  it('refuses to start under another master key, says which one it wants, and changes nothing', async () => {
    await started();
    const before = await sql('SELECT * FROM signing_keys ORDER BY kid');
    await expect(started({ key: new LocalMasterKey(randomBytes(32)) })).rejects.toMatchObject({
      code: 'keys.master_key_wrong',
      detail: expect.stringContaining(master.id),
    });
    expect(await sql('SELECT * FROM signing_keys ORDER BY kid')).toEqual(before);
  });

  it('refuses to start with a current signing key whose wrapped half was exchanged for that of another row', async () => {
    await started();
    await sql(`UPDATE signing_keys SET kid = 'another' WHERE state = 'current'`);
    await expect(started()).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
  });

  it('never believes a public key that was put into a row: it is derived from the private half', async () => {
    await started();
    const forged = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    await sql(`UPDATE signing_keys SET public_key = $1`, [forged.export({ type: 'spki', format: 'pem' })]);
    const keys = await (await started()).ring.verificationKeys();
    expect(keys.map(({ publicKey }) => publicKey.equals(forged))).toEqual([false, false]);
    expect(keys.every(({ kid, publicKey }) => jwkThumbprint(ecPublicJwk(publicKey)) === kid)).toBe(true);
  });

  it('never believes a row that somebody wrote without the master key; the other keys stay in use', async () => {
    const instance = await started();
    const good = await kidsOf(instance);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = jwkThumbprint(ecPublicJwk(publicKey));
    await sql(
      `INSERT INTO signing_keys (kid, algorithm, state, public_key, wrapped_private_key, wrapped_by, retires_at)
       VALUES ($1, 'ES256', 'retiring', $2, $3, $4, now() + interval '1 hour')`,
      [kid, publicKey.export({ type: 'spki', format: 'pem' }), randomBytes(180), master.id],
    );
    expect(await instance.ring.verificationKey(kid)).toBeNull();
    expect(await kidsOf(instance)).toEqual(good);
    expect(instance.complaints).toContainEqual(expect.objectContaining({ level: 'error', kid }));
  });

  it('puts another key in the place of a next one that was changed in the database', async () => {
    await started();
    const next = async () =>
      (await sql<{ kid: string }[]>(`SELECT kid FROM signing_keys WHERE state = 'next'`))[0]?.kid;
    const damaged = await next();
    await sql(`UPDATE signing_keys SET wrapped_private_key = '\\x00' WHERE state = 'next'`);
    const instance = await started();
    expect(await next()).not.toBe(damaged);
    expect(await instance.ring.verificationKey(String(damaged))).toBeNull();
  });

  it('hears of a rotation on another instance without asking', async () => {
    const [one, other] = [await started(), await started({ listening: true })];
    const { current, next } = await one.rotation.rotate(OPERATOR, { force: true });
    for (let i = 0; i < 200 && (await other.ring.signingKey()).kid !== current; i++) await sleep(25);
    expect((await other.ring.signingKey()).kid).toBe(current);
    expect(await kidsOf(other)).toContain(next);
  });

  it('reads now and then, and says it once, when somebody announces without end and a row never opens', async () => {
    const instance = await started({ listening: true });
    const before = instance.reads();
    await sql(
      `INSERT INTO data_keys (version, state, wrapped_key, wrapped_by, check_value) VALUES (77, 'retiring', '\\x00', $1, '\\x00')`,
      [master.id],
    );
    for (let i = 0; i < 300; i++) await sql(`UPDATE data_keys SET state = 'retiring' WHERE version = 77`);
    for (let i = 0; i < 200 && instance.reads() - before < 2; i++) await sleep(25);
    // By one loop, which waits a second and then twice as long each time: not one for each announcement.
    expect(instance.reads() - before).toBeLessThan(6);
    const said = instance.complaints.filter(({ message }) => String(message).includes('could not be read yet'));
    expect(said).toHaveLength(1);
    await sql('DELETE FROM data_keys WHERE version = 77');
    const { current } = await instance.rotation.rotate(OPERATOR, { force: true });
    for (let i = 0; i < 1000 && (await instance.ring.signingKey()).kid !== current; i++) await sleep(25);
    expect((await instance.ring.signingKey()).kid).toBe(current);
    await instance.stop();
  }, 60_000);

  it('finds a key that another instance has just made when somebody presents its id, also many at once', async () => {
    const [one, other] = [await started(), await started()];
    const { next } = await one.rotation.rotate(OPERATOR, { force: true });
    const found = await Promise.all(Array.from({ length: 50 }, () => other.ring.verificationKey(next)));
    expect(found.map((key) => key?.kid)).toEqual(Array.from({ length: 50 }, () => next));
  });

  it('reads once, not each time, for somebody who invents key ids', async () => {
    const instance = await started();
    const before = instance.reads();
    for (let i = 0; i < 200; i++) expect(await instance.ring.verificationKey(`invented-${i}`)).toBeNull();
    await Promise.all(Array.from({ length: 200 }, (_, i) => instance.ring.verificationKey(`also-${i}`)));
    expect(instance.reads() - before).toBe(1);
  });

  it('keeps its last good keys, to sign and to verify, when the database can give it none', async () => {
    const instance = await started();
    const { kid } = await instance.ring.signingKey();
    await sql('ALTER TABLE signing_keys RENAME TO signing_keys_away');
    expect(await instance.ring.verificationKey('unknown')).toBeNull();
    expect((await instance.ring.signingKey()).kid).toBe(kid);
    expect((await instance.ring.verificationKey(kid))?.kid).toBe(kid);
    expect(instance.complaints).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it('takes a value under a newer key for spoilt only when it could look for that key', async () => {
    const [one, other] = [await started(), await started()];
    await one.succession.rotate(OPERATOR, 'data', { force: false });
    await one.ring.reread();
    const sealed = await one.ring.seal(Buffer.from('new'), place);
    const [before] = await sql<{ wrapped: Buffer }[]>('SELECT wrapped_key AS wrapped FROM data_keys WHERE version = 2');
    await sql(`UPDATE data_keys SET wrapped_key = '\\x00' WHERE version = 2`);
    await expect(other.ring.open(sealed, place)).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
    await expect(other.ring.open(sealed, place)).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
    await sql('UPDATE data_keys SET wrapped_key = $1 WHERE version = 2', [before?.wrapped]);
    await other.ring.reread();
    expect((await other.ring.open(sealed, place)).toString()).toBe('new');
    const invented = Buffer.from(sealed);
    invented.writeUInt32BE(99, 1);
    await expect(other.ring.open(invented, place)).rejects.toMatchObject({ code: 'keys.cannot_open' });
  });
});
