import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../ormconfig.js';
import { systemActor } from '../../src/access/actor.js';
import { defineSealedColumn } from '../../src/crypto/sealed-columns.js';
import { openDataSource } from '../../src/database/open-data-source.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { LocalMasterKey } from '../../src/keys/master-key.js';
import { type KeysInstance, startKeys } from '../support/keys-stage.js';
import { startOwnPostgres } from '../support/own-postgres.js';

const SECRET = defineSealedColumn({ table: 'precious', column: 'secret', row: 'id', tenant: null, rewrap: true });
const OPERATOR = systemActor('operator');

/** docs/operations/backup-and-restore.md with a copy of the disk. */
describe('backup and restore', () => {
  const masterKey = randomBytes(32);
  const root = mkdtempSync(join(tmpdir(), 'blindspotx-restore-'));
  const stops: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop().catch(() => undefined);
    rmSync(root, { recursive: true, force: true });
  });

  async function opened(dir: string, migrate: boolean) {
    const server = await startOwnPostgres({ dir: join(root, dir), throwaway: true });
    const options = dataSourceOptions({
      DATABASE_URL: server.url,
      DATABASE_POOL_MAX: 5,
      DATABASE_QUEUE_TIMEOUT_MS: 10_000,
      DATABASE_STATEMENT_TIMEOUT_MS: 60_000,
    });
    const dataSource = await openDataSource(options, migrate);
    const close = async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await server.stop();
    };
    stops.push(close);
    return { url: server.url, dataSource, close };
  }

  /** Where a server keeps its data and its password, which isn't always where it was asked to. */
  async function folderOf(dataSource: DataSource): Promise<string> {
    const [row]: { data_directory: string }[] = await dataSource.query('SHOW data_directory');
    return dirname(String(row?.data_directory));
  }

  async function emptyFolder(dir: string): Promise<string> {
    const server = await opened(dir, true);
    const folder = await folderOf(server.dataSource);
    await server.close();
    return folder;
  }

  /** With owners and modes. */
  async function copyDisk(from: string, to: string): Promise<void> {
    for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true });
    await promisify(execFile)('cp', ['-a', `${from}/.`, to]);
  }

  async function add(dataSource: DataSource, { ring }: KeysInstance, text: string): Promise<void> {
    const id = newId();
    await dataSource.query('INSERT INTO precious VALUES ($1, $2)', [
      id,
      await ring.seal(Buffer.from(text), SECRET.place(id)),
    ]);
  }

  async function texts(dataSource: DataSource, { ring }: KeysInstance): Promise<string[]> {
    const rows: { id: string; secret: Buffer }[] = await dataSource.query(
      'SELECT id, secret FROM precious ORDER BY id',
    );
    return Promise.all(rows.map(async ({ id, secret }) => (await ring.open(secret, SECRET.place(id))).toString()));
  }

  /** Data key version, salt and nonce of each value that lies there. */
  async function nonces(dataSource: DataSource): Promise<string[]> {
    const rows: { secret: Buffer }[] = await dataSource.query('SELECT secret FROM precious');
    return rows.map(({ secret }) => secret.toString('hex', 0, 33));
  }

  it('brings everything back with the master key, nothing without it, and never a nonce again', async () => {
    const master = new LocalMasterKey(masterKey);
    const original = await opened('original', true);
    await original.dataSource.query('CREATE TABLE precious (id uuid PRIMARY KEY, secret bytea NOT NULL)');
    const before = await startKeys(original, master);
    for (let n = 0; n < 20; n++) await add(original.dataSource, before, `before ${n}`);
    const { kid } = await before.ring.signingKey();
    const folder = await folderOf(original.dataSource);
    await original.close();
    await copyDisk(folder, await emptyFolder('restored'));

    // The original goes on and is lost: its keys rotate, values are added.
    const later = await opened('original', false);
    const after = await startKeys(later, master);
    for (let n = 0; n < 20; n++) await add(later.dataSource, after, `lost ${n}`);
    const used = await nonces(later.dataSource);
    await after.succession.rotate(OPERATOR, 'data', { force: false });
    await later.close();

    const restored = await opened('restored', false);
    await expect(startKeys(restored, new LocalMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'keys.master_key_wrong',
    });
    const cli = join(__dirname, '..', '..', 'dist', 'src', 'cli.js');
    const keys = (...args: string[]) =>
      promisify(execFile)(process.execPath, [cli, 'keys', ...args], {
        env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: restored.url, MASTER_KEY: masterKey.toString('base64') },
      });
    expect((await keys('status')).stdout).toContain(`current   ${kid}`);
    const back = await startKeys(restored, master);
    expect(await texts(restored.dataSource, back)).toEqual(Array.from({ length: 20 }, (_, n) => `before ${n}`));
    for (let n = 0; n < 20; n++) await add(restored.dataSource, back, `anew ${n}`);
    const anew = (await nonces(restored.dataSource)).filter((nonce) => !used.includes(nonce));
    expect([anew.length, new Set([...used, ...anew]).size]).toEqual([20, 60]);

    const { stdout } = await keys('rotate', 'all', '--force');
    expect(stdout).toMatch(/data key 2 is in use from now on, after 1/);
    await back.ring.reread();
    await back.upkeep.look();
    await back.upkeep.settled();
    expect(await texts(restored.dataSource, back)).toHaveLength(40);
  }, 300_000);
});
