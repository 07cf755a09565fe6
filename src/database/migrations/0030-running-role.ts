import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What only the owner of the tables may do and the service has to; whoever drops names months, never tables. */
const OWNERS = ['ensure_audit_partitions(timestamptz, integer)', 'drop_audit_partition(text, text)'];

const DROP_PARTITION = `
  CREATE FUNCTION drop_audit_partition(class text, month text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    month_ends timestamptz;
  BEGIN
    IF class IS NULL OR class NOT IN ('security', 'operation') OR month IS NULL OR month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN
      RAISE EXCEPTION 'that is no month of the audit trail' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    month_ends := (to_timestamp(month || '-01', 'YYYY-MM-DD')::timestamp + interval '1 month') AT TIME ZONE 'UTC';
    IF month_ends + make_interval(hours => 24 * coalesce((SELECT days FROM audit_retention_floors f WHERE f.retention_class = class), 0)) > now() THEN
      RAISE EXCEPTION 'the % records of % have to be kept longer', class, month USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('DROP TABLE %I', 'audit_events_' || class || '_' || replace(month, '-', ''));
  END $$`;

/** Of 0014; with `bounds` no more than the service asks for itself, whoever asks. */
const ensurePartitions = (bounds: string) => `
  CREATE OR REPLACE FUNCTION ensure_audit_partitions(first timestamptz, months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
  DECLARE
    -- Months of UTC, whatever the session's time zone is.
    month timestamp;
    class text;
    name text;
    made integer := 0;
  BEGIN
    ${bounds}
    PERFORM pg_advisory_xact_lock(hashtext('audit_events partitions'));
    FOR month IN
      SELECT generate_series(date_trunc('month', first AT TIME ZONE 'UTC'),
                             date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => months_ahead), '1 month')
    LOOP
      FOREACH class IN ARRAY ARRAY['security', 'operation'] LOOP
        name := format('audit_events_%s_%s', class, to_char(month, 'YYYYMM'));
        -- A partition can't be made where the default one has rows of its range: they stay there, and are kept for good.
        IF to_regclass(name) IS NULL AND NOT EXISTS (
          SELECT FROM audit_events_other WHERE retention_class = class
            AND occurred_at >= month AT TIME ZONE 'UTC' AND occurred_at < (month + interval '1 month') AT TIME ZONE 'UTC'
        ) THEN
          EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L, %L) TO (%L, %L)',
            name, class, month AT TIME ZONE 'UTC', class, (month + interval '1 month') AT TIME ZONE 'UTC');
          PERFORM watch_audit_partition(name);
          made := made + 1;
        END IF;
      END LOOP;
    END LOOP;
    RETURN made;
  END $$`;

/** Each partition is one more that every read of the trail plans and locks. Months that are over are made by the owner alone. */
const BOUNDS = `
    months_ahead := least(months_ahead, 3);
    IF NOT pg_has_role(session_user, current_user, 'USAGE') THEN
      first := greatest(first, now());
    END IF;`;

/**
 * Lets the service run under a role that owns nothing: months of the trail are made and dropped by functions of the owner, never sooner
 * than the owner has said. Positions of streams are sealed; whoever moves one without the key is found out.
 */
export class RunningRole1764000000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_retention_floors (
        retention_class text CONSTRAINT pk_audit_retention_floors PRIMARY KEY
          CONSTRAINT ck_audit_retention_floors_class CHECK (retention_class IN ('security', 'operation')),
        days integer NOT NULL CONSTRAINT ck_audit_retention_floors_days CHECK (days BETWEEN 0 AND 36500)
      )`);
    await runner.query(DROP_PARTITION);
    await runner.query(ensurePartitions(BOUNDS));
    const [{ schema }] = await runner.query('SELECT quote_ident(current_schema()) AS schema');
    for (const name of OWNERS) {
      // With a path of its own: no table of whoever calls stands in for ours.
      await runner.query(
        `ALTER FUNCTION ${name} SECURITY DEFINER SET search_path = ${schema}, pg_temp SET timezone = 'UTC'`,
      );
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    }
    await runner.query('REVOKE EXECUTE ON FUNCTION watch_audit_partition(text) FROM PUBLIC');
    await runner.query(`
      ALTER TABLE audit_streams ADD COLUMN sealed_position bytea, ADD COLUMN refusals bigint NOT NULL DEFAULT 0,
        ADD COLUMN shortened bigint NOT NULL DEFAULT 0`);
    // Whoever may add rows can put one where the next checkpoint goes: it must not keep that out.
    await runner.query(`
      ALTER TABLE audit_checkpoints DROP CONSTRAINT pk_audit_checkpoints,
        ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_audit_checkpoints PRIMARY KEY`);
    await runner.query('CREATE INDEX ix_audit_checkpoints_size ON audit_checkpoints (tree_size)');
    // Back on the command of the operator, which seals the position anew.
    await runner.query(`
      CREATE OR REPLACE FUNCTION refuse_audit_stream_jump() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.next_leaf = OLD.next_leaf THEN RETURN NEW; END IF;
        IF (TG_OP = 'UPDATE' AND NEW.next_leaf < OLD.next_leaf AND NEW.sealed_position IS NOT DISTINCT FROM OLD.sealed_position)
           OR NEW.next_leaf > coalesce((SELECT size FROM audit_trees), 0) THEN
          RAISE EXCEPTION 'the position of a stream only grows, up to the end of the log' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_audit_checkpoints_size');
    await runner.query(
      'ALTER TABLE audit_checkpoints DROP COLUMN id, ADD CONSTRAINT pk_audit_checkpoints PRIMARY KEY (tree_size)',
    );
    await runner.query(`
      CREATE OR REPLACE FUNCTION refuse_audit_stream_jump() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.next_leaf = OLD.next_leaf THEN RETURN NEW; END IF;
        IF (TG_OP = 'UPDATE' AND NEW.next_leaf < OLD.next_leaf)
           OR NEW.next_leaf > coalesce((SELECT size FROM audit_trees), 0) THEN
          RAISE EXCEPTION 'the position of a stream only grows, up to the end of the log' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(
      'ALTER TABLE audit_streams DROP COLUMN sealed_position, DROP COLUMN refusals, DROP COLUMN shortened',
    );
    await runner.query('DROP FUNCTION drop_audit_partition(text, text)');
    await runner.query('GRANT EXECUTE ON FUNCTION watch_audit_partition(text) TO PUBLIC');
    await runner.query(
      'ALTER FUNCTION ensure_audit_partitions(timestamptz, integer) SECURITY INVOKER RESET search_path RESET timezone',
    );
    await runner.query(ensurePartitions(''));
    await runner.query('GRANT EXECUTE ON FUNCTION ensure_audit_partitions(timestamptz, integer) TO PUBLIC');
    await runner.query('DROP TABLE audit_retention_floors');
  }
}
