import { DataSource, type DataSourceOptions, MigrationExecutor } from 'typeorm';

/** Any constant; it names our migrations among the advisory locks of the database. */
const MIGRATION_LOCK = 0x62785801;
/** How long a migration waits for a table: whoever comes after it waits too. */
const MIGRATION_LOCK_TIMEOUT = '10s';
/** Of one statement, such as one that makes an index over all records of the trail. */
const MIGRATION_STATEMENT_TIMEOUT = '30min';
/** What commands of the operator call themselves in pg_stat_activity. */
export const OPERATOR_APPLICATION = 'blindspotx-operator';

/**
 * Connects and, when asked, runs what migrations are pending: under one session advisory lock on a connection of its own,
 * so that instances that start together don't race (TypeORM's own migrationsRun does).
 */
export async function openDataSource(options: DataSourceOptions, migrate: boolean): Promise<DataSource> {
  const dataSource = await new DataSource({ ...options, migrationsRun: false }).initialize();
  if (migrate) {
    try {
      await migrateUnderLock(dataSource);
    } catch (error) {
      await dataSource.destroy();
      throw error;
    }
  }
  return dataSource;
}

/**
 * On connections of its own: neither the limits of requests hold for it, nor those of a migration for anybody else.
 *
 * @returns the names of the migrations that ran
 * @throws QueryFailedError with code 55P03 or 57014 when a table isn't to be had, or a statement takes too long; the migration that
 *   failed has changed nothing
 */
export async function migrateUnderLock({ options }: DataSource): Promise<string[]> {
  const extra = { ...(options as { extra?: object }).extra, statement_timeout: 0, query_timeout: 0 };
  const own = await new DataSource({
    ...options,
    migrationsRun: false,
    poolSize: 2,
    extra,
  } as DataSourceOptions).initialize();
  try {
    const runner = own.createQueryRunner();
    await runner.connect();
    // Another instance may hold it for as long as its migrations take. It ends with the connection.
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runner.query(`SET lock_timeout = '${MIGRATION_LOCK_TIMEOUT}'`);
    await runner.query(`SET statement_timeout = '${MIGRATION_STATEMENT_TIMEOUT}'`);
    const executor = new MigrationExecutor(own, runner);
    executor.transaction = 'each';
    const ran = await executor.executePendingMigrations();
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await runner.release();
    return ran.map(({ name }) => name);
  } finally {
    await own.destroy();
  }
}

/** Connections of instances on this database, those of operators' commands left out; by what they call themselves. */
export function connectedInstances(dataSource: DataSource): Promise<{ name: string; connections: number }[]> {
  return dataSource.query<{ name: string; connections: number }[]>(
    `SELECT application_name AS name, count(*)::int AS connections FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'blindspotx%' AND application_name <> $1
      GROUP BY 1 ORDER BY 1`,
    [OPERATOR_APPLICATION],
  );
}

/** Every migration of this version in order, and whether the database has it. */
export async function migrationStatus(dataSource: DataSource): Promise<{ name: string; hasRun: boolean }[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const hasTable = await runner.hasTable('migrations');
    const ran: { name: string }[] = hasTable ? await runner.query('SELECT name FROM migrations') : [];
    const names = new Set(ran.map(({ name }) => name));
    return dataSource.migrations.map((migration) => {
      const known = migration.name ?? migration.constructor.name;
      return { name: known, hasRun: names.has(known) };
    });
  } finally {
    await runner.release();
  }
}
