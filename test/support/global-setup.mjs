// One throw-away PostgreSQL for the whole run; each test file that wants a database copies the migrated template.
// Taken from the build, because Jest runs this file before its own transforms and module mapping exist.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../dist/src/database/embedded-postgres.js';

export default async function globalSetup() {
  const dir = mkdtempSync(join(tmpdir(), 'blindspotx-test-'));
  const server = await startEmbeddedPostgres({
    dir,
    throwaway: true,
    dieWithParent: true,
    settings: ['max_connections=300', 'shared_buffers=64MB'],
  });
  process.env.TEST_POSTGRES_URL = server.url;
  globalThis.stopTestPostgres = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
