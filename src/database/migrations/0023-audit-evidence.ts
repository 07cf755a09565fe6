import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions of streams go forward only, and never beyond the log. */
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
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER tr_audit_streams_only_grows ON audit_streams');
    await runner.query('DROP FUNCTION refuse_audit_stream_jump()');
  }
}
