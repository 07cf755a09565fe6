import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemActor } from '../../src/access/actor.js';
import { defineSealedColumn } from '../../src/crypto/sealed-columns.js';
import { LocalMasterKey } from '../../src/keys/master-key.js';
import { startKeys } from '../support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SECRET = defineSealedColumn({ table: 'precious', column: 'secret', row: 'id', tenant: null, rewrap: true });

/** docs/operations/lost-key-vault.md, step by step. The clouds' vaults that are away: src/keys/vault/key-vaults.db-spec.ts. */
describe('when the key-encryption key is lost', () => {
  const masterKey = randomBytes(32).toString('base64');
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 10 });
  });
  afterAll(() => database.close());

  const keyOf = (base64: string) => new LocalMasterKey(Buffer.from(base64, 'base64'));
  const contents = () => database.dataSource.query('SELECT * FROM data_keys, signing_keys ORDER BY kid');

  /** The command of an operator, with whatever master key there is. */
  function keysStatus(key: string): Promise<{ stdout: string; stderr: string }> {
    const cli = join(__dirname, '..', '..', 'dist', 'src', 'cli.js');
    return promisify(execFile)(process.execPath, [cli, 'keys', 'status'], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url, MASTER_KEY: key },
    });
  }

  it('goes on where it runs, says what is missing where it starts, changes nothing, and comes back with the copy', async () => {
    const running = await startKeys(database, keyOf(masterKey));
    const sealed = await running.ring.seal(Buffer.from('precious'), SECRET.place('1'));
    await expect(keysStatus(masterKey)).resolves.toMatchObject({
      stdout: expect.stringContaining(keyOf(masterKey).id),
    });
    const before = await contents();

    // Another key: what a start is given by somebody who hasn't the right one.
    const wrong = randomBytes(32).toString('base64');
    await expect(startKeys(database, keyOf(wrong))).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
    await expect(keysStatus(wrong)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the keys were wrapped by ${keyOf(masterKey).id}`),
    });
    expect(await contents()).toEqual(before);

    // The running instance seals, opens, signs, verifies and finds as before.
    expect((await running.ring.open(sealed, SECRET.place('1'))).toString()).toBe('precious');
    const late = await running.ring.seal(Buffer.from('late'), SECRET.place('2'));
    const { kid } = await running.ring.signingKey();
    expect((await running.ring.verificationKey(kid))?.kid).toBe(kid);
    expect((await running.ring.index('anything')).of('text')).toHaveLength(32);

    const back = await startKeys(database, keyOf(masterKey));
    expect((await back.ring.open(sealed, SECRET.place('1'))).toString()).toBe('precious');
    expect((await back.ring.open(late, SECRET.place('2'))).toString()).toBe('late');
    expect((await back.succession.rotate(systemActor('operator'), 'data', { force: false })).current).toBe('2');
  }, 240_000);
});
