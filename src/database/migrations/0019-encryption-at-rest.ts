import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What can't be left out of a row: rows from before hold it in clear, later ones sealed, none both. */
const ONE_OF: readonly (readonly [table: string, clear: string, sealed: string])[] = [
  ['config_blobs', 'body', 'sealed_body'],
  ['drift_changes', 'title', 'sealed_details'],
  ['outbox_events', 'data', 'sealed_data'],
  ['webhook_endpoints', 'url', 'sealed_url'],
];

/** Columns that were clear and lie in the sealed one of their row now. */
const CHANGE_DETAILS = ['display_name', 'path', 'before_json', 'after_json', 'actor_name', 'attribution_evidence'];

/**
 * Columns for what is sealed (decision 27) beside those that held it in clear. What was written before stays readable, and
 * is sealed when it is next written.
 */
export class EncryptionAtRest1764000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, clear, sealed] of ONE_OF) {
      await runner.query(`
        ALTER TABLE ${table} ALTER COLUMN ${clear} DROP NOT NULL, ADD COLUMN ${sealed} bytea,
          ADD CONSTRAINT ck_${table}_${sealed} CHECK (num_nonnulls(${clear}, ${sealed}) = 1)`);
      // Sealed bytes don't compress.
      await runner.query(`ALTER TABLE ${table} ALTER COLUMN ${sealed} SET STORAGE EXTERNAL`);
    }
    await runner.query(`
      ALTER TABLE drift_changes ALTER COLUMN path DROP NOT NULL, ALTER COLUMN before_json DROP NOT NULL,
        ALTER COLUMN after_json DROP NOT NULL,
        ADD CONSTRAINT ck_drift_changes_clear CHECK (sealed_details IS NULL OR num_nonnulls(${CHANGE_DETAILS.join(', ')}) = 0)`);
    await runner.query(`
      ALTER TABLE config_versions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN sealed_name bytea,
        ADD CONSTRAINT ck_config_versions_sealed_name CHECK (num_nonnulls(display_name, sealed_name) <= 1)`);
    await runner.query('ALTER TABLE config_versions ADD CONSTRAINT uq_config_versions_id UNIQUE (id)');
    await runner.query(`
      ALTER TABLE users ADD COLUMN sealed_profile bytea,
        ADD CONSTRAINT ck_users_sealed_profile CHECK (sealed_profile IS NULL OR profile = '{}')`);
    await runner.query(`
      ALTER TABLE user_sessions ADD COLUMN sealed_device bytea,
        ADD CONSTRAINT ck_user_sessions_sealed_device CHECK (sealed_device IS NULL OR num_nonnulls(source_address, user_agent) = 0)`);
  }

  /** Without the keys nothing can be opened: rather than lose what is sealed, it refuses. */
  async down(runner: QueryRunner): Promise<void> {
    for (const [table, column] of [...ONE_OF.map(([name, , sealed]) => [name, sealed]), ['users', 'sealed_profile']]) {
      const [row]: unknown[] = await runner.query(`SELECT 1 FROM ${table} WHERE ${column} IS NOT NULL LIMIT 1`);
      if (row !== undefined) throw new Error(`${table}.${column} holds sealed values, which would be lost`);
    }
    await runner.query('ALTER TABLE user_sessions DROP COLUMN sealed_device');
    await runner.query('ALTER TABLE users DROP COLUMN sealed_profile');
    await runner.query('ALTER TABLE config_versions DROP COLUMN sealed_name, DROP COLUMN id');
    await runner.query('ALTER TABLE drift_changes DROP CONSTRAINT ck_drift_changes_clear');
    for (const [table, clear, sealed] of ONE_OF) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${sealed}, ALTER COLUMN ${clear} SET NOT NULL`);
    }
    await runner.query(`
      ALTER TABLE drift_changes ALTER COLUMN path SET NOT NULL, ALTER COLUMN before_json SET NOT NULL,
        ALTER COLUMN after_json SET NOT NULL`);
  }
}
