import { randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { createLogger } from '../observability/logger.js';
import { DatabaseKeyRing } from './database-key-ring.service.js';
import { KeysRepository } from './keys.repository.js';
import { LocalMasterKey } from './master-key.js';

const place = { table: 'webhook_endpoints', column: 'secret', row: '1' };
const master = new LocalMasterKey(randomBytes(32));

describe('the key ring', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 10 });
  });
  afterAll(() => database.close());

  async function started(key = master): Promise<DatabaseKeyRing> {
    const ring = new DatabaseKeyRing(
      new TransactionRunner(database.dataSource),
      new KeysRepository(),
      key,
      createLogger('silent'),
    );
    await ring.onModuleInit();
    return ring;
  }

  it('ends with one current signing key when eight instances start at once on an empty database', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => started()));
    const kids = await Promise.all(rings.map(async (ring) => (await ring.signingKey()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await database.dataSource.query('SELECT state FROM signing_keys')).toEqual([{ state: 'current' }]);
    expect(await database.dataSource.query('SELECT version, state FROM data_keys')).toEqual([
      { version: 1, state: 'current' },
    ]);
  });

  it('opens on one instance what another sealed, and nothing that was moved', async () => {
    const [one, other] = [await started(), await started()];
    const sealed = await one.seal(Buffer.from('secret'), place);
    expect((await other.open(sealed, place)).toString()).toBe('secret');
    await expect(other.open(sealed, { ...place, row: '2' })).rejects.toMatchObject({ code: 'keys.cannot_open' });
  });

  it('stores no key in the clear', async () => {
    const ring = await started();
    const der = (await ring.signingKey()).privateKey.export({ type: 'pkcs8', format: 'der' });
    const rows: { wrapped_private_key: Buffer }[] = await database.dataSource.query(
      'SELECT wrapped_private_key FROM signing_keys',
    );
    expect(rows.some(({ wrapped_private_key }) => wrapped_private_key.includes(der.subarray(-40)))).toBe(false);
  });

  it('refuses to start under another master key, and says which one it wants', async () => {
    await expect(started(new LocalMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'keys.master_key_wrong',
      detail: expect.stringContaining(master.id),
    });
  });

  it('refuses a signing key whose wrapped half was exchanged for that of another row', async () => {
    await database.dataSource.query(`UPDATE signing_keys SET kid = 'another'`);
    await expect(started()).rejects.toMatchObject({ code: 'keys.master_key_wrong' });
  });
});
