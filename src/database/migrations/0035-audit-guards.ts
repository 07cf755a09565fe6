import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Into the line first, which waits for a sealer that has the id in hand; only then it is known whether the id is in the log. Of the leaves a
 * look by each id, whatever a plan thinks of the number of rows. Tables by the name of their schema: whoever runs the service can make
 * temporary ones, which stand before all others.
 */
const enqueue = (schema: string) => `
  CREATE OR REPLACE FUNCTION enqueue_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO ${schema}.audit_pending (event_id, retention_class, occurred_at) SELECT id, retention_class, occurred_at FROM appended;
    IF (SELECT count((SELECT leaf_index FROM ${schema}.audit_leaves WHERE event_id = appended.id)) FROM appended) > 0 THEN
      RAISE EXCEPTION 'a record of this id is in the audit log' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
  END $$`;
const ENQUEUE_BEFORE = `
  CREATE OR REPLACE FUNCTION enqueue_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO audit_pending (event_id, retention_class, occurred_at) SELECT id, retention_class, occurred_at FROM appended;
    RETURN NULL;
  END $$`;

/**
 * Who runs the service can't make two records of one id: neither of one that waits nor of one that is in the log. Positions of streams from
 * before they were sealed are marked, once, so that they can be taken over; and deliveries say whether their record is still to be written.
 */
export class AuditGuards1764000000035 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Which of two is the honest one nobody can tell: the patrol finds the other.
    await runner.query(
      'DELETE FROM audit_pending one USING audit_pending other WHERE one.event_id = other.event_id AND one.ctid > other.ctid',
    );
    await runner.query('ALTER TABLE audit_pending ADD CONSTRAINT uq_audit_pending_event_id UNIQUE (event_id)');
    const rows: { schema: string }[] = await runner.query('SELECT quote_ident(current_schema()) AS schema');
    await runner.query(enqueue(rows[0]?.schema ?? 'public'));
    await runner.query('ALTER TABLE audit_streams ADD COLUMN position_before bigint');
    await runner.query(
      'UPDATE audit_streams SET position_before = next_leaf WHERE sealed_position IS NULL AND next_leaf > 0',
    );
    await runner.query(`
      CREATE FUNCTION refuse_position_before() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.position_before IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.position_before IS DISTINCT FROM OLD.position_before) THEN
          RAISE EXCEPTION 'what was before is settled' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER tr_audit_streams_position_before BEFORE INSERT OR UPDATE ON audit_streams
      FOR EACH ROW EXECUTE FUNCTION refuse_position_before()`);
    await runner.query('ALTER TABLE webhook_deliveries ADD COLUMN record_owed boolean NOT NULL DEFAULT false');
    await runner.query(
      'CREATE INDEX ix_webhook_deliveries_record_owed ON webhook_deliveries (delivered_at) WHERE record_owed',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_webhook_deliveries_record_owed');
    await runner.query('ALTER TABLE webhook_deliveries DROP COLUMN record_owed');
    await runner.query('DROP TRIGGER tr_audit_streams_position_before ON audit_streams');
    await runner.query('DROP FUNCTION refuse_position_before()');
    await runner.query('ALTER TABLE audit_streams DROP COLUMN position_before');
    await runner.query(ENQUEUE_BEFORE);
    await runner.query('ALTER TABLE audit_pending DROP CONSTRAINT uq_audit_pending_event_id');
  }
}
