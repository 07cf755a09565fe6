import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnPostgres } from '../../../test/support/own-postgres.js';
import { ranCli } from '../../../test/support/ran-cli.js';
import { register } from './operator-commands.js';

describe('which database a command of the operator works on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  const dir = join(folder, 'data');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const dbStatus = (env: Record<string, string>) => ranCli(['db', 'status'], { env, commands: [register] });

  it('is said by DATABASE_URL, and must be', async () => {
    const { code, err } = await dbStatus({});
    expect([code, err]).toEqual([2, expect.stringMatching(/^blindspotx: set DATABASE_URL .*DATA_DIR/)]);
  });

  it('is the embedded one that runs in DATA_DIR, and none that does not run', async () => {
    const none = { code: 2, out: '', err: `blindspotx: no embedded PostgreSQL runs in DATA_DIR=${dir}\n` };
    expect(await dbStatus({ DATA_DIR: dir })).toEqual(none);
    const server = await startOwnPostgres({ dir, throwaway: true });
    try {
      const { code, out } = await dbStatus({ DATA_DIR: dir });
      expect([code, out]).toEqual([1, expect.stringMatching(/^pending Tenants/)]);
    } finally {
      await server.stop();
    }
    expect(await dbStatus({ DATA_DIR: dir })).toEqual(none);
  }, 240_000);
});
