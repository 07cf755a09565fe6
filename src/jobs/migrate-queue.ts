import { runMigrations } from 'graphile-worker';

/**
 * Installs the queue's schema, or brings it to the version of the installed library. Idempotent and safe for instances that
 * start together. Migration 0007 does it for a new database; `db migrate` calls this for later versions of the library.
 *
 * @param databaseUrl postgres:// URL of a role that may create a schema
 */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  await runMigrations({ connectionString: databaseUrl });
}
