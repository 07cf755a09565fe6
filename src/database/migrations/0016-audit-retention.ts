import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Legal holds over the audit trail, and what finds the places of a month's records in the log. */
export class AuditRetention1764000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_holds (
        id uuid CONSTRAINT pk_audit_holds PRIMARY KEY,
        reason text NOT NULL,
        covers_from timestamptz NOT NULL,
        covers_to timestamptz NOT NULL,
        tenant_id uuid CONSTRAINT fk_audit_holds_tenant_id REFERENCES tenants (id),
        created_by_type text NOT NULL,
        created_by_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        released_by_type text,
        released_by_id text,
        released_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT ck_audit_holds_covers CHECK (covers_from < covers_to),
        CONSTRAINT ck_audit_holds_released
          CHECK ((released_at IS NULL) = (released_by_id IS NULL) AND (released_at IS NULL) = (released_by_type IS NULL))
      )`);
    // Leaves come about in the order of time: a few pages say where a month lies.
    await runner.query(
      'CREATE INDEX ix_audit_leaves_occurred_at ON audit_leaves USING brin (occurred_at) WITH (pages_per_range = 32, autosummarize = on)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_audit_leaves_occurred_at');
    await runner.query('DROP TABLE audit_holds');
  }
}
