import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Keys1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE data_keys (
        version integer CONSTRAINT pk_data_keys PRIMARY KEY,
        state text NOT NULL CONSTRAINT ck_data_keys_state CHECK (state IN ('current', 'retiring', 'retired')),
        wrapped_key bytea NOT NULL,
        wrapped_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_data_keys_current ON data_keys (state) WHERE state = 'current'`);
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT pk_signing_keys PRIMARY KEY,
        algorithm text NOT NULL CONSTRAINT ck_signing_keys_algorithm CHECK (algorithm IN ('ES256')),
        state text NOT NULL CONSTRAINT ck_signing_keys_state CHECK (state IN ('next', 'current', 'retiring', 'retired')),
        public_key text NOT NULL,
        wrapped_private_key bytea NOT NULL,
        wrapped_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        activated_at timestamptz,
        retires_at timestamptz
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_signing_keys_current ON signing_keys (state) WHERE state = 'current'`);
    await runner.query(`CREATE UNIQUE INDEX uq_signing_keys_next ON signing_keys (state) WHERE state = 'next'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signing_keys, data_keys');
  }
}
