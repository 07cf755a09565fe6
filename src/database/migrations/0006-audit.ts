import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Audit1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // No foreign keys: a record outlives what it tells of.
    await runner.query(`
      CREATE TABLE audit_events (
        id uuid CONSTRAINT pk_audit_events PRIMARY KEY,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        action text NOT NULL,
        outcome text NOT NULL CONSTRAINT ck_audit_events_outcome CHECK (outcome IN ('success', 'denied', 'failure')),
        reason text,
        actor_type text NOT NULL CONSTRAINT ck_audit_events_actor_type CHECK (actor_type IN ('user', 'system', 'anonymous')),
        actor_id text,
        actor_name text,
        session_id uuid,
        tenant_id uuid,
        target_type text,
        target_id text,
        target_name text,
        source_address text,
        user_agent text,
        request_id text,
        trace_id text,
        state_before text,
        state_after text
      )`);
    await runner.query('CREATE INDEX ix_audit_events_occurred_at ON audit_events USING brin (occurred_at)');
    await runner.query('CREATE INDEX ix_audit_events_actor_id ON audit_events (actor_id, id)');
    await runner.query('CREATE INDEX ix_audit_events_target_id ON audit_events (target_id, id)');
    await runner.query('CREATE INDEX ix_audit_events_request_id ON audit_events (request_id)');
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit_events is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER tr_audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_events');
    await runner.query('DROP FUNCTION refuse_audit_change()');
  }
}
