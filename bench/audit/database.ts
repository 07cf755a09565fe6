import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';

export interface BenchServer {
  /** A database of its own with our schema, on the same server. @returns what a service on it is started with */
  database(name: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** PostgreSQL as it comes, so with fsync and synchronous_commit on. */
export async function openServer(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  const dir = join(folder, 'database');
  const servers: EmbeddedPostgres[] = [];
  return {
    async database(name) {
      // The first call starts the server, later ones find it running.
      const server = await startEmbeddedPostgres({ dir, database: name, dieWithParent: true });
      servers.push(server);
      const env = environmentOn(server.url);
      await (await openDatabase(loadSettings(env), true)).destroy();
      return env;
    },
    async stop() {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function environmentOn(url: string): Record<string, string> {
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: 'http://localhost:3000',
    PROCESS_ROLE: 'api',
    MIGRATE_ON_START: 'false',
    DATABASE_URL: url,
    MASTER_KEY: Buffer.alloc(32, 'benchmark').toString('base64'),
  };
}
