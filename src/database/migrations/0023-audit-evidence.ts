import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions of streams go forward only, and never beyond the log; legal holds say sealed whether they stand. */
export class AuditEvidence1764000000023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION refuse_audit_stream_jump() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.next_leaf = OLD.next_leaf THEN RETURN NEW; END IF;
        IF (TG_OP = 'UPDATE' AND NEW.next_leaf < OLD.next_leaf)
           OR NEW.next_leaf > coalesce((SELECT size FROM audit_trees), 0) THEN
          RAISE EXCEPTION 'the position of a stream only grows, up to the end of the log' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER tr_audit_streams_only_grows BEFORE INSERT OR UPDATE ON audit_streams
      FOR EACH ROW EXECUTE FUNCTION refuse_audit_stream_jump()`);
    await runner.query('ALTER TABLE audit_holds ADD COLUMN sealed_state bytea');
    await runner.query(`
      CREATE TRIGGER tr_audit_holds_stay BEFORE DELETE OR TRUNCATE ON audit_holds
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(`CREATE INDEX ix_audit_events_holds ON audit_events (id) WHERE action = 'audit.hold.created'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_audit_events_holds');
    await runner.query('DROP TRIGGER tr_audit_holds_stay ON audit_holds');
    await runner.query('ALTER TABLE audit_holds DROP COLUMN sealed_state');
    await runner.query('DROP TRIGGER tr_audit_streams_only_grows ON audit_streams');
    await runner.query('DROP FUNCTION refuse_audit_stream_jump()');
  }
}
