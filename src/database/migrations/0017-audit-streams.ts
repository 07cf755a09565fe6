import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each stream of the audit trail to somebody outside has come, and who is delivering it. */
export class AuditStreams1764000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_streams (
        name text CONSTRAINT pk_audit_streams PRIMARY KEY,
        next_leaf bigint NOT NULL DEFAULT 0 CONSTRAINT ck_audit_streams_next_leaf CHECK (next_leaf >= 0),
        fence bigint NOT NULL DEFAULT 0,
        owner uuid,
        lease_until timestamptz NOT NULL DEFAULT '-infinity',
        not_before timestamptz NOT NULL DEFAULT '-infinity',
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        last_error text,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_streams');
  }
}
