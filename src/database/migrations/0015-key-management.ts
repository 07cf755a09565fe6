import type { MigrationInterface, QueryRunner } from 'typeorm';

const ANNOUNCED = [
  ['index_keys', 'state, wrapped_key'],
  ['checkpoint_keys', 'state, wrapped_private_key'],
  ['data_keys', 'state, wrapped_key'],
] as const;

/** Index keys, keys that sign checkpoints of the audit log, and how much each data key was used. */
export class KeyManagement1764000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE index_keys (
        version integer CONSTRAINT pk_index_keys PRIMARY KEY,
        state text NOT NULL CONSTRAINT ck_index_keys_state CHECK (state IN ('next', 'current', 'retiring', 'retired')),
        wrapped_key bytea NOT NULL,
        wrapped_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        activated_at timestamptz,
        retiring_since timestamptz
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_index_keys_current ON index_keys (state) WHERE state = 'current'`);
    await runner.query(`CREATE UNIQUE INDEX uq_index_keys_next ON index_keys (state) WHERE state = 'next'`);
    // The public half stays for good: what was signed must be verifiable for as long as it is kept.
    await runner.query(`
      CREATE TABLE checkpoint_keys (
        id text CONSTRAINT pk_checkpoint_keys PRIMARY KEY,
        state text NOT NULL CONSTRAINT ck_checkpoint_keys_state CHECK (state IN ('current', 'retiring', 'retired')),
        public_key bytea NOT NULL CONSTRAINT ck_checkpoint_keys_public_key CHECK (octet_length(public_key) = 32),
        wrapped_private_key bytea NOT NULL,
        wrapped_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        retires_at timestamptz
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX uq_checkpoint_keys_current ON checkpoint_keys (state) WHERE state = 'current'`,
    );
    // uses: values sealed under the key, which the instances enter some thousand ahead.
    // references_seen_at: when something was last found that lies under a key which is no longer current.
    await runner.query(`
      ALTER TABLE data_keys ADD COLUMN uses bigint NOT NULL DEFAULT 0, ADD COLUMN retiring_since timestamptz,
        ADD COLUMN references_seen_at timestamptz`);
    // How far what is stored has been written again under a newer key: a table is walked block by block.
    await runner.query(`
      CREATE TABLE key_rewraps (
        kind text NOT NULL CONSTRAINT ck_key_rewraps_kind CHECK (kind IN ('data', 'index')),
        version integer NOT NULL,
        table_name text NOT NULL,
        column_name text NOT NULL,
        leaf text,
        block bigint NOT NULL DEFAULT 0,
        written bigint NOT NULL DEFAULT 0,
        passes integer NOT NULL DEFAULT 0,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        completed_at timestamptz,
        CONSTRAINT pk_key_rewraps PRIMARY KEY (kind, version, table_name, column_name)
      )`);
    // Not for each reservation of uses: only what makes, moves or ends a key is read again by the instances.
    for (const [table, columns] of ANNOUNCED) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_announce AFTER INSERT OR DELETE OR UPDATE OF ${columns} ON ${table} FOR EACH STATEMENT
        EXECUTE FUNCTION announce_change('keys')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER tr_data_keys_announce ON data_keys');
    await runner.query('DROP TABLE index_keys, checkpoint_keys');
    await runner.query('DROP TABLE key_rewraps');
    await runner.query(
      'ALTER TABLE data_keys DROP COLUMN uses, DROP COLUMN retiring_since, DROP COLUMN references_seen_at',
    );
  }
}
