import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATES = "('open', 'accepted', 'ignored', 'denied')";

/**
 * What people decide: baselines of single changes, denials, rules that ignore, proposals for a second person, and decisions on
 * many changes at once.
 */
export class DriftDecisions1764000000026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants ADD COLUMN second_person boolean NOT NULL DEFAULT false');
    await runner.query(`
      ALTER TABLE drift_baselines ADD COLUMN base_version integer,
        ADD COLUMN change_ids uuid[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT ck_drift_baselines_base_version CHECK (base_version < version)`);
    await runner.query('UPDATE drift_baselines SET base_version = version - 1 WHERE version > 1');
    // An object that a baseline holds otherwise than its snapshot, from one version up to the one that says something else.
    await runner.query(`
      CREATE TABLE drift_baseline_pins (
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_baseline_pins_tenant_id REFERENCES tenants (id),
        resource_type text NOT NULL,
        resource_key text NOT NULL,
        from_version integer NOT NULL,
        to_version integer CONSTRAINT ck_drift_baseline_pins_to_version CHECK (to_version > from_version),
        hash bytea,
        keyed_by_name boolean NOT NULL DEFAULT false,
        normaliser_version integer NOT NULL,
        CONSTRAINT pk_drift_baseline_pins PRIMARY KEY (tenant_id, resource_type, resource_key, from_version),
        CONSTRAINT fk_drift_baseline_pins_hash FOREIGN KEY (tenant_id, hash) REFERENCES config_blobs (tenant_id, hash)
      )`);
    await runner.query(`
      ALTER TABLE drift_changes
        DROP CONSTRAINT ck_drift_changes_state,
        ADD CONSTRAINT ck_drift_changes_state CHECK (state IN ('open', 'accepted', 'ignored', 'denied', 'closed')),
        DROP CONSTRAINT ck_drift_changes_state_before_close,
        ADD CONSTRAINT ck_drift_changes_state_before_close CHECK (state_before_close IN ${STATES}),
        DROP CONSTRAINT ck_drift_changes_close_reason,
        ADD CONSTRAINT ck_drift_changes_close_reason
          CHECK (close_reason IN ('reverted', 'restored', 'superseded', 'baseline', 'unreferenced')),
        ADD COLUMN closed_by_baseline integer,
        ADD COLUMN reopen_reason text
          CONSTRAINT ck_drift_changes_reopen_reason CHECK (reopen_reason IN ('came-back', 'value-changed', 'decision-ended', 'rule-ended', 'by-person')),
        ADD COLUMN previous_decision text,
        ADD COLUMN ignore_rule_id uuid,
        ADD COLUMN reminded_at timestamptz`);
    await runner.query(`ALTER TABLE drift_reports ADD COLUMN ignored_summary text NOT NULL DEFAULT '{}'`);
    await runner.query(`
      CREATE TABLE drift_ignore_rules (
        id uuid CONSTRAINT pk_drift_ignore_rules PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_ignore_rules_tenant_id REFERENCES tenants (id),
        resource_type text NOT NULL,
        resource_key text,
        path_pattern text,
        reason text NOT NULL,
        until timestamptz NOT NULL,
        created_by_id text NOT NULL,
        created_by_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        withdrawn_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT ck_drift_ignore_rules_matches CHECK (resource_key IS NOT NULL OR path_pattern <> '')
      )`);
    await runner.query(`
      CREATE INDEX ix_drift_ignore_rules_tenant_id ON drift_ignore_rules (tenant_id, until) WHERE withdrawn_at IS NULL`);
    await runner.query(`
      CREATE TABLE drift_proposals (
        id uuid CONSTRAINT pk_drift_proposals PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_proposals_tenant_id REFERENCES tenants (id),
        kind text NOT NULL CONSTRAINT ck_drift_proposals_kind CHECK (kind IN ('decision', 'ignore-rule', 'baseline')),
        subject_id uuid,
        subject_version integer,
        content text NOT NULL,
        reason text NOT NULL,
        status text NOT NULL DEFAULT 'pending'
          CONSTRAINT ck_drift_proposals_status CHECK (status IN ('pending', 'approved', 'declined', 'withdrawn')),
        proposed_by_id text NOT NULL,
        proposed_by_name text NOT NULL,
        proposed_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        decided_by_id text,
        decided_by_name text,
        decided_at timestamptz,
        decision_reason text,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT ck_drift_proposals_decided CHECK ((status = 'pending') = (decided_at IS NULL))
      )`);
    await runner.query('CREATE INDEX ix_drift_proposals_tenant_id_status ON drift_proposals (tenant_id, status, id)');
    await runner.query(`
      CREATE TABLE drift_bulk_decisions (
        id uuid CONSTRAINT pk_drift_bulk_decisions PRIMARY KEY,
        actor text NOT NULL,
        actor_id text NOT NULL,
        idempotency_key text NOT NULL,
        request_hash bytea NOT NULL,
        kind text NOT NULL CONSTRAINT ck_drift_bulk_decisions_kind CHECK (kind IN ('accept', 'ignore', 'deny', 'reopen')),
        reason text NOT NULL,
        until timestamptz,
        total integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT uq_drift_bulk_decisions_key UNIQUE (actor_id, idempotency_key)
      )`);
    await runner.query(`
      CREATE TABLE drift_bulk_rows (
        bulk_id uuid NOT NULL CONSTRAINT fk_drift_bulk_rows_bulk_id REFERENCES drift_bulk_decisions (id) ON DELETE CASCADE,
        position integer NOT NULL,
        change_id uuid NOT NULL,
        change_version integer NOT NULL,
        outcome text CONSTRAINT ck_drift_bulk_rows_outcome CHECK (outcome IN ('decided', 'refused')),
        code text,
        title text,
        decided_at timestamptz,
        CONSTRAINT pk_drift_bulk_rows PRIMARY KEY (bulk_id, position),
        CONSTRAINT uq_drift_bulk_rows_change_id UNIQUE (bulk_id, change_id)
      )`);
    await runner.query(
      'CREATE INDEX ix_drift_bulk_rows_waiting ON drift_bulk_rows (bulk_id, position) WHERE outcome IS NULL',
    );
  }

  /** What the older release has no word for becomes the nearest that it has: a denied change is an open one. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'drift_bulk_rows',
      'drift_bulk_decisions',
      'drift_proposals',
      'drift_ignore_rules',
      'drift_baseline_pins',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('ALTER TABLE drift_reports DROP COLUMN ignored_summary');
    await runner.query(`UPDATE drift_changes SET state = 'open' WHERE state = 'denied'`);
    await runner.query(`UPDATE drift_changes SET state_before_close = 'open' WHERE state_before_close = 'denied'`);
    await runner.query(`UPDATE drift_changes SET close_reason = 'superseded' WHERE close_reason = 'restored'`);
    await runner.query(`
      ALTER TABLE drift_changes
        DROP COLUMN reminded_at, DROP COLUMN ignore_rule_id, DROP COLUMN previous_decision, DROP COLUMN reopen_reason,
        DROP COLUMN closed_by_baseline,
        DROP CONSTRAINT ck_drift_changes_state,
        ADD CONSTRAINT ck_drift_changes_state CHECK (state IN ('open', 'accepted', 'ignored', 'closed')),
        DROP CONSTRAINT ck_drift_changes_state_before_close,
        ADD CONSTRAINT ck_drift_changes_state_before_close CHECK (state_before_close IN ('open', 'accepted', 'ignored')),
        DROP CONSTRAINT ck_drift_changes_close_reason,
        ADD CONSTRAINT ck_drift_changes_close_reason CHECK (close_reason IN ('reverted', 'superseded', 'baseline', 'unreferenced'))`);
    await runner.query('ALTER TABLE drift_baselines DROP COLUMN change_ids, DROP COLUMN base_version');
    await runner.query('ALTER TABLE tenants DROP COLUMN second_person');
  }
}
