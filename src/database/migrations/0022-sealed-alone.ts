import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every row has, and has sealed: the columns that held it in clear go. */
const REQUIRED: readonly (readonly [table: string, clear: string, type: string, sealed: string])[] = [
  ['config_blobs', 'body', 'bytea', 'sealed_body'],
  ['drift_changes', 'title', 'text', 'sealed_details'],
  ['outbox_events', 'data', 'text', 'sealed_data'],
  ['webhook_endpoints', 'url', 'text', 'sealed_url'],
];

const CHANGE_DETAILS = ['display_name', 'path', 'before_json', 'after_json', 'actor_name', 'attribution_evidence'];

/** Where something lies in clear that only development builds wrote, and what would be lost with it. */
const LEFT_IN_CLEAR: readonly (readonly [table: string, column: string, condition: string])[] = [
  ...REQUIRED.map(([table, clear]) => [table, clear, `${clear} IS NOT NULL`] as const),
  ['config_versions', 'display_name', 'display_name IS NOT NULL'],
  ['users', 'profile', `profile <> '{}'`],
  ['audit_events', 'state_before', 'num_nonnulls(state_before, state_after) > 0'],
];

/**
 * What is sealed is read from its sealed column alone: whoever can write rows could have put a value in clear where a sealed one belongs, and
 * it would have been believed (decision 27). Retired checkpoint keys keep their public half sealed for the same reason, and secret keys
 * have a value by which it is seen that one isn't the one that was made.
 */
export class SealedAlone1764000000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column, condition] of LEFT_IN_CLEAR) {
      const [row]: unknown[] = await runner.query(`SELECT 1 FROM ${table} WHERE ${condition} LIMIT 1`);
      if (row !== undefined) {
        throw new Error(
          `${table}.${column} holds values in clear from a development build before encryption, which this version doesn't read. ` +
            'No release wrote such values: begin with an empty database. Nothing was changed.',
        );
      }
    }
    for (const [table, clear, , sealed] of REQUIRED) {
      // The constraint that a row has the one or the other goes with the column.
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${clear}, ALTER COLUMN ${sealed} SET NOT NULL`);
    }
    await runner.query(`ALTER TABLE drift_changes ${CHANGE_DETAILS.map((name) => `DROP COLUMN ${name}`).join(', ')}`);
    await runner.query('ALTER TABLE config_versions DROP COLUMN display_name');
    await runner.query('ALTER TABLE users DROP COLUMN profile');
    await runner.query('ALTER TABLE user_sessions DROP COLUMN source_address, DROP COLUMN user_agent');
    // The constraint that newer records have none goes with them.
    await runner.query('ALTER TABLE audit_events DROP COLUMN state_before, DROP COLUMN state_after');
    await runner.query('ALTER TABLE checkpoint_keys ADD COLUMN sealed_public_key bytea');
    for (const table of ['data_keys', 'index_keys'])
      await runner.query(`ALTER TABLE ${table} ADD COLUMN check_value bytea`);
  }

  /** The columns come back empty. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['data_keys', 'index_keys']) await runner.query(`ALTER TABLE ${table} DROP COLUMN check_value`);
    await runner.query('ALTER TABLE checkpoint_keys DROP COLUMN sealed_public_key');
    await runner.query(`
      ALTER TABLE audit_events ADD COLUMN state_before text, ADD COLUMN state_after text,
        ADD CONSTRAINT ck_audit_events_clear_states CHECK (state_before IS NULL AND state_after IS NULL) NOT VALID`);
    await runner.query(`
      ALTER TABLE user_sessions ADD COLUMN source_address text, ADD COLUMN user_agent text,
        ADD CONSTRAINT ck_user_sessions_sealed_device CHECK (sealed_device IS NULL OR num_nonnulls(source_address, user_agent) = 0)`);
    await runner.query(`
      ALTER TABLE users ADD COLUMN profile jsonb NOT NULL DEFAULT '{}',
        ADD CONSTRAINT ck_users_sealed_profile CHECK (sealed_profile IS NULL OR profile = '{}')`);
    await runner.query(`
      ALTER TABLE config_versions ADD COLUMN display_name text,
        ADD CONSTRAINT ck_config_versions_sealed_name CHECK (num_nonnulls(display_name, sealed_name) <= 1)`);
    await runner.query(
      `ALTER TABLE drift_changes ${CHANGE_DETAILS.map((name) => `ADD COLUMN ${name} text`).join(', ')}`,
    );
    for (const [table, clear, type, sealed] of REQUIRED) {
      await runner.query(`
        ALTER TABLE ${table} ALTER COLUMN ${sealed} DROP NOT NULL, ADD COLUMN ${clear} ${type},
          ADD CONSTRAINT ck_${table}_${sealed} CHECK (num_nonnulls(${clear}, ${sealed}) = 1)`);
    }
    await runner.query(`
      ALTER TABLE drift_changes
        ADD CONSTRAINT ck_drift_changes_clear CHECK (sealed_details IS NULL OR num_nonnulls(${CHANGE_DETAILS.join(', ')}) = 0)`);
  }
}
