import { DataSource, type DataSourceOptions } from 'typeorm';

/** Any constant; it names our migrations among the advisory locks of the database. */
const MIGRATION_LOCK = 0x62785801;

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

/** @returns the names of the migrations that ran */
export async function migrateUnderLock(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    // Another instance may hold the lock for as long as its migrations take: the statement timeout is for requests.
    await runner.query('SET statement_timeout = 0');
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    return ran.map(({ name }) => name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await runner.query('RESET statement_timeout');
    await runner.release();
  }
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
