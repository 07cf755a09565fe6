import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an object of the newest snapshot was read from, so that a scan knows it again without parsing it (decision 29). In the
 * row of the interval and in no index: it costs 33 bytes an object, and noting another is an update in place. An interval that
 * ended has none.
 */
export class DriftHeads1764000000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE config_versions ADD COLUMN fingerprint bytea
        CONSTRAINT ck_config_versions_fingerprint CHECK (octet_length(fingerprint) = 32)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE config_versions DROP COLUMN fingerprint');
  }
}
