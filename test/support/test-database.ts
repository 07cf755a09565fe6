import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../ormconfig.js';
import { openDataSource } from '../../src/database/open-data-source.js';

export interface TestDatabase {
  url: string;
  dataSource: DataSource;
  close(): Promise<void>;
}

const TEMPLATE = 'blindspotx_template';
/** Any constant: test files in two workers must not build the template at once. */
const TEMPLATE_LOCK = 4711;

/** A database of its own for one test file: a copy of a template that is migrated once a run. */
export async function createTestDatabase(options: { poolMax?: number } = {}): Promise<TestDatabase> {
  const url = await createDatabaseFromTemplate();
  const dataSource = await openDataSource(databaseOptions(url, options.poolMax ?? 5), false);
  return {
    url,
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await admin((client) => client.query(`DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`));
    },
  };
}

/** The same without a connection: for tests that start the service as a process. */
export async function createDatabaseFromTemplate(): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount === 0) await buildTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  });
  return urlFor(name);
}

async function buildTemplate(client: pg.Client): Promise<void> {
  const half = `${TEMPLATE}_half`;
  await client.query(`DROP DATABASE IF EXISTS ${half} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${half}`);
  const dataSource = await openDataSource(databaseOptions(urlFor(half), 2), true);
  await dataSource.destroy();
  await client.query(`ALTER DATABASE ${half} RENAME TO ${TEMPLATE}`);
}

function databaseOptions(url: string, poolMax: number) {
  return dataSourceOptions({
    DATABASE_URL: url,
    DATABASE_POOL_MAX: poolMax,
    DATABASE_QUEUE_TIMEOUT_MS: 10_000,
    DATABASE_STATEMENT_TIMEOUT_MS: 60_000,
  });
}

function serverUrl(): string {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url === undefined)
    throw new Error('TEST_POSTGRES_URL is not set: run the tests through Jest, whose global set-up starts PostgreSQL');
  return url;
}

function urlFor(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function admin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlFor('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
