import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Months for which partitions are made ahead of time; the retention job renews them every day. */
const MONTHS_AHEAD = 3;

const REFUSE_CHANGE = `
  CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
  END $$`;

/** A trigger of statements fires for the table that the statement names: each partition has its own, for whoever names one. */
const WATCH_PARTITION = `
  CREATE FUNCTION watch_audit_partition(name text) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS appended
      FOR EACH STATEMENT EXECUTE FUNCTION enqueue_audit_events()', 'tr_' || name || '_pending', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', 'tr_' || name || '_no_truncate', name);
  END $$`;

/**
 * The audit log that proves itself: records in partitions by class and month, the leaves and tiles of its Merkle tree
 * (RFC 9162 2.1), its signed checkpoints, and the positions of what follows it.
 */
export class AuditLog1764000000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.records(runner);
    await this.tree(runner);
  }

  private async records(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_events RENAME TO audit_events_before');
    await runner.query('ALTER TABLE audit_events_before DROP CONSTRAINT pk_audit_events');
    await runner.query('ALTER TABLE audit_events_before DROP CONSTRAINT ck_audit_events_outcome');
    await runner.query('ALTER TABLE audit_events_before DROP CONSTRAINT ck_audit_events_actor_type');
    await runner.query(
      'DROP INDEX ix_audit_events_occurred_at, ix_audit_events_actor_id, ix_audit_events_target_id, ix_audit_events_request_id',
    );
    await runner.query('DROP TRIGGER tr_audit_events_append_only ON audit_events_before');
    await runner.query('DROP FUNCTION refuse_audit_change()');
    // No foreign keys: a record outlives what it tells of.
    await runner.query(`
      CREATE TABLE audit_events (
        id uuid NOT NULL,
        retention_class text NOT NULL CONSTRAINT ck_audit_events_retention_class CHECK (retention_class IN ('security', 'operation')),
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp() CONSTRAINT ck_audit_events_occurred_at
          CHECK (occurred_at >= '2000-01-01T00:00:00Z' AND occurred_at < '10000-01-01T00:00:00Z'),
        action text NOT NULL,
        outcome text NOT NULL CONSTRAINT ck_audit_events_outcome CHECK (outcome IN ('success', 'denied', 'failure')),
        reason text,
        actor_type text NOT NULL CONSTRAINT ck_audit_events_actor_type
          CHECK (actor_type IN ('user', 'service_account', 'system', 'anonymous')),
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
        state_after text,
        sealed_states bytea,
        -- What the leaf of a record leaves out must not be in the table.
        CONSTRAINT ck_audit_events_target
          CHECK ((target_type IS NULL) = (target_id IS NULL) AND (target_name IS NULL OR target_id IS NOT NULL)),
        CONSTRAINT pk_audit_events PRIMARY KEY (id, retention_class, occurred_at)
      ) PARTITION BY RANGE (retention_class, occurred_at)`);
    await runner.query('CREATE INDEX ix_audit_events_occurred_at ON audit_events USING brin (occurred_at)');
    await runner.query('CREATE INDEX ix_audit_events_actor_id ON audit_events (actor_id, id)');
    await runner.query('CREATE INDEX ix_audit_events_target_id ON audit_events (target_id, id)');
    await runner.query('CREATE INDEX ix_audit_events_request_id ON audit_events (request_id)');
    await runner.query('CREATE TABLE audit_events_other PARTITION OF audit_events DEFAULT');
    await runner.query(`
      CREATE TABLE audit_pending (
        event_id uuid NOT NULL,
        retention_class text NOT NULL,
        occurred_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION enqueue_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO audit_pending (event_id, retention_class, occurred_at) SELECT id, retention_class, occurred_at FROM appended;
        RETURN NULL;
      END $$`);
    await runner.query(REFUSE_CHANGE);
    await runner.query(WATCH_PARTITION);
    await runner.query(`SELECT watch_audit_partition('audit_events_other')`);
    await runner.query(`
      CREATE FUNCTION ensure_audit_partitions(first timestamptz, months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
      DECLARE
        -- Months of UTC, whatever the session's time zone is.
        month timestamp;
        class text;
        name text;
        made integer := 0;
      BEGIN
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
      END $$`);
    await runner.query(
      `SELECT ensure_audit_partitions((SELECT coalesce(min(occurred_at), now()) FROM audit_events_before), ${MONTHS_AHEAD})`,
    );
    // By the database itself: a record that somebody writes past the service is sealed too, and so is seen.
    await runner.query(`
      CREATE TRIGGER tr_audit_events_pending AFTER INSERT ON audit_events REFERENCING NEW TABLE AS appended
      FOR EACH STATEMENT EXECUTE FUNCTION enqueue_audit_events()`);
    await runner.query(`
      INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, reason, actor_type, actor_id, actor_name, session_id,
        tenant_id, target_type, target_id, target_name, source_address, user_agent, request_id, trace_id, state_before, state_after)
      SELECT id, CASE WHEN action LIKE 'drift.scan.%' AND outcome = 'success' THEN 'operation' ELSE 'security' END, occurred_at, action, outcome, reason,
        actor_type, actor_id, actor_name, session_id, tenant_id, target_type, target_id, target_name, source_address, user_agent,
        request_id, trace_id, state_before, state_after
      FROM audit_events_before`);
    await runner.query('DROP TABLE audit_events_before');
    // Only records from before are in clear; nobody makes further ones.
    await runner.query(
      'ALTER TABLE audit_events ADD CONSTRAINT ck_audit_events_clear_states CHECK (state_before IS NULL AND state_after IS NULL) NOT VALID',
    );
    // Each row's trigger holds on partitions too, whoever addresses them directly.
    await runner.query(`
      CREATE TRIGGER tr_audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
      FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(`
      CREATE TRIGGER tr_audit_events_no_truncate BEFORE TRUNCATE ON audit_events
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  private async tree(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_trees (
        id smallint CONSTRAINT pk_audit_trees PRIMARY KEY CONSTRAINT ck_audit_trees_id CHECK (id = 1),
        origin text NOT NULL,
        size bigint NOT NULL DEFAULT 0 CONSTRAINT ck_audit_trees_size CHECK (size >= 0),
        published_size bigint NOT NULL DEFAULT 0,
        sealed_head bytea
      )`);
    await runner.query(`
      CREATE TABLE audit_leaves (
        leaf_index bigint CONSTRAINT pk_audit_leaves PRIMARY KEY,
        event_id uuid NOT NULL CONSTRAINT uq_audit_leaves_event_id UNIQUE,
        retention_class text NOT NULL,
        occurred_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE audit_tiles (
        level smallint NOT NULL,
        tile_index bigint NOT NULL,
        hashes bytea NOT NULL CONSTRAINT ck_audit_tiles_hashes CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) BETWEEN 32 AND 8192),
        CONSTRAINT pk_audit_tiles PRIMARY KEY (level, tile_index)
      )`);
    // Hashes don't compress.
    await runner.query('ALTER TABLE audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE TABLE audit_checkpoints (
        tree_size bigint CONSTRAINT pk_audit_checkpoints PRIMARY KEY,
        root bytea NOT NULL CONSTRAINT ck_audit_checkpoints_root CHECK (octet_length(root) = 32),
        note text NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await refuseChanges(runner, 'audit_leaves');
    await refuseChanges(runner, 'audit_checkpoints');
    await runner.query(`
      CREATE FUNCTION refuse_audit_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF TG_TABLE_NAME = 'audit_trees' THEN
            IF NEW.id = OLD.id AND NEW.origin = OLD.origin AND NEW.size >= OLD.size THEN RETURN NEW; END IF;
          ELSIF NEW.level = OLD.level AND NEW.tile_index = OLD.tile_index
                AND substring(NEW.hashes FOR octet_length(OLD.hashes)) = OLD.hashes THEN
            RETURN NEW;
          END IF;
        END IF;
        RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const table of ['audit_trees', 'audit_tiles']) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_only_grows BEFORE UPDATE OR DELETE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION refuse_audit_shrinking()`);
      await runner.query(`
        CREATE TRIGGER tr_${table}_no_truncate BEFORE TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_checkpoints, audit_tiles, audit_leaves, audit_trees, audit_pending');
    await runner.query('DROP FUNCTION refuse_audit_shrinking()');
    await runner.query('DROP FUNCTION ensure_audit_partitions(timestamptz, integer), watch_audit_partition(text)');
    await runner.query('ALTER TABLE audit_events RENAME TO audit_events_after');
    await runner.query(`
      CREATE TABLE audit_events (
        id uuid,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        action text NOT NULL,
        outcome text NOT NULL CONSTRAINT ck_audit_events_outcome CHECK (outcome IN ('success', 'denied', 'failure')),
        reason text,
        actor_type text NOT NULL CONSTRAINT ck_audit_events_actor_type
          CHECK (actor_type IN ('user', 'service_account', 'system', 'anonymous')),
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
    await runner.query(`
      INSERT INTO audit_events SELECT id, occurred_at, action, outcome, reason, actor_type, actor_id, actor_name, session_id, tenant_id,
        target_type, target_id, target_name, source_address, user_agent, request_id, trace_id, state_before, state_after
      FROM audit_events_after`);
    await runner.query('DROP TABLE audit_events_after');
    await runner.query('DROP FUNCTION enqueue_audit_events()');
    await runner.query('DROP FUNCTION refuse_audit_change() CASCADE');
    await runner.query('ALTER TABLE audit_events ADD CONSTRAINT pk_audit_events PRIMARY KEY (id)');
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
}

async function refuseChanges(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`
    CREATE TRIGGER tr_${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
}
