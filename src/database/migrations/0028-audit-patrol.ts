import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the patrol of the audit log has come: one place over all instances, sealed, so that it can't be moved on by hand. */
export class AuditPatrol1764000000028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_patrols (
        id smallint CONSTRAINT pk_audit_patrols PRIMARY KEY CONSTRAINT ck_audit_patrols_id CHECK (id = 1),
        sealed_state bytea
      )`);
    await runner.query('INSERT INTO audit_patrols (id) VALUES (1)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_patrols');
  }
}
