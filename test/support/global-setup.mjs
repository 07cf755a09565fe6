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
    // Databases of files that are over stay, and a worker of autovacuum would come to one or another of them all the time.
    settings: ['max_connections=400', 'shared_buffers=64MB', 'autovacuum_naptime=10min'],
  });
  process.env.TEST_POSTGRES_URL = server.url;
  globalThis.stopTestPostgres = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
