import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import type { Model } from './model.js';

export interface BenchDatabase {
  url: string;
  /** What a service on it is started with. */
  env: Record<string, string>;
  /** How long the model took to be written, seconds. */
  writtenIn: number;
  stop(): Promise<void>;
}

/** PostgreSQL with fsync, our schema, and the model in it, written by bulk statements without triggers. */
export async function openModelDatabase(model: Model): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ dir: join(folder, 'database'), dieWithParent: true });
  const env = {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://localhost:3000',
    PROCESS_ROLE: 'api',
    MIGRATE_ON_START: 'false',
    DATABASE_URL: server.url,
    MASTER_KEY: Buffer.alloc(32, 'benchmark').toString('base64'),
  };
  await (await openDatabase(loadSettings(env), true)).destroy();
  const startedAt = performance.now();
  await writeModel(server.url, model);
  const writtenIn = (performance.now() - startedAt) / 1000;
  return {
    url: server.url,
    env,
    writtenIn,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function writeModel(url: string, model: Model): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET session_replication_role = replica`);
    await client.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, gen_random_uuid(), 'bench', true, false, 3600)`,
      [model.tenantId],
    );
    await client.query(`INSERT INTO permission_namespaces (name, display_name) VALUES ('bench', 'bench')`);
    await client.query(
      `INSERT INTO permissions (name, description, namespace) SELECT unnest($1::text[]), 'a benchmark', 'bench'`,
      [model.permissions],
    );
    await client.query(
      `INSERT INTO roles (id, name, description) SELECT id, 'role ' || id, '' FROM unnest($1::uuid[]) AS id`,
      [model.roles.map(({ id }) => id)],
    );
    const pairs = model.roles.flatMap(({ id, permissions }) => permissions.map((name) => [id, name] as const));
    await client.query(
      'INSERT INTO role_permissions (role_id, permission) SELECT * FROM unnest($1::uuid[], $2::text[])',
      [pairs.map(([id]) => id), pairs.map(([, name]) => name)],
    );
    const parents = model.roles.flatMap(({ id, parents: above }) => above.map((parent) => [id, parent] as const));
    await client.query(
      'INSERT INTO role_parents (role_id, parent_role_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])',
      [parents.map(([id]) => id), parents.map(([, parent]) => parent)],
    );
    await client.query(
      `INSERT INTO users (id, tenant_id, object_id, display_name)
       SELECT id, $1, gen_random_uuid(), 'somebody' FROM unnest($2::uuid[]) AS id`,
      [model.tenantId, model.users],
    );
    for (let from = 0; from < model.assignments.length; from += BATCH) {
      const batch = model.assignments.slice(from, from + BATCH);
      await client.query(
        `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
         SELECT id, user_id, role_id, scope, effect, to_timestamp(valid_from / 1000), to_timestamp(valid_until / 1000), 'a benchmark', 'system', 'bench'
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::float8[], $7::float8[])
             AS a (id, user_id, role_id, scope, effect, valid_from, valid_until)`,
        [
          batch.map(({ id }) => id),
          batch.map(({ userId }) => userId),
          batch.map(({ roleId }) => roleId),
          batch.map(({ scope }) => scope),
          batch.map(({ effect }) => effect),
          batch.map(({ validFrom }) => validFrom),
          batch.map(({ validUntil }) => validUntil),
        ],
      );
    }
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

const BATCH = 50_000;
