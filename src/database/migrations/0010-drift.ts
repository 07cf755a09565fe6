import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Snapshots are intervals: a row of config_versions says from which scan to which an object had a content, and equal contents
 * are kept once. A scan that finds nothing new adds one narrow row to config_snapshots and nothing else.
 */
export class Drift1764000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE config_blobs (
        tenant_id uuid NOT NULL CONSTRAINT fk_config_blobs_tenant_id REFERENCES tenants (id),
        hash bytea NOT NULL CONSTRAINT ck_config_blobs_hash CHECK (octet_length(hash) = 32),
        body bytea NOT NULL,
        CONSTRAINT pk_config_blobs PRIMARY KEY (tenant_id, hash)
      )`);
    // No foreign key to config_blobs: both are only ever written together, and it would double the cost of a large first scan.
    await runner.query(`
      CREATE TABLE config_versions (
        tenant_id uuid NOT NULL,
        resource_type text NOT NULL,
        resource_key text NOT NULL CONSTRAINT ck_config_versions_resource_key CHECK (octet_length(resource_key) BETWEEN 1 AND 1024),
        valid_from bigint NOT NULL,
        valid_to bigint CONSTRAINT ck_config_versions_valid_to CHECK (valid_to > valid_from),
        hash bytea NOT NULL,
        keyed_by_name boolean NOT NULL DEFAULT false,
        display_name text,
        modified_at timestamptz,
        CONSTRAINT pk_config_versions PRIMARY KEY (tenant_id, resource_type, resource_key, valid_from)
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_config_versions_head ON config_versions (tenant_id, resource_type, resource_key)
        WHERE valid_to IS NULL`);
    await runner.query(`
      CREATE TABLE config_snapshots (
        id uuid CONSTRAINT pk_config_snapshots PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_config_snapshots_tenant_id REFERENCES tenants (id),
        slot_id uuid NOT NULL,
        sequence bigint NOT NULL,
        taken_at timestamptz NOT NULL,
        normaliser_version integer NOT NULL,
        complete boolean NOT NULL,
        types_hash bytea NOT NULL,
        CONSTRAINT uq_config_snapshots_tenant_id_sequence UNIQUE (tenant_id, sequence),
        CONSTRAINT fk_config_snapshots_types FOREIGN KEY (tenant_id, types_hash) REFERENCES config_blobs (tenant_id, hash)
      )`);
    await runner.query(`
      CREATE TABLE drift_baselines (
        id uuid CONSTRAINT pk_drift_baselines PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_baselines_tenant_id REFERENCES tenants (id),
        version integer NOT NULL CONSTRAINT ck_drift_baselines_version CHECK (version > 0),
        snapshot_id uuid NOT NULL CONSTRAINT fk_drift_baselines_snapshot_id REFERENCES config_snapshots (id),
        accepted_incomplete boolean NOT NULL,
        reason text NOT NULL,
        approved_by_id text NOT NULL,
        approved_by_name text NOT NULL,
        approved_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_drift_baselines_tenant_id_version UNIQUE (tenant_id, version)
      )`);
    await runner.query(`
      CREATE TABLE drift_reports (
        id uuid CONSTRAINT pk_drift_reports PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_reports_tenant_id REFERENCES tenants (id),
        sequence bigint NOT NULL,
        slot_id uuid NOT NULL CONSTRAINT uq_drift_reports_slot_id UNIQUE,
        snapshot_id uuid NOT NULL CONSTRAINT fk_drift_reports_snapshot_id REFERENCES config_snapshots (id),
        trigger text NOT NULL CONSTRAINT ck_drift_reports_trigger CHECK (trigger IN ('schedule', 'manual')),
        baseline_version integer,
        complete boolean NOT NULL,
        incomplete text NOT NULL,
        summary text NOT NULL,
        opened integer NOT NULL,
        closed integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_drift_reports_tenant_id_sequence UNIQUE (tenant_id, sequence)
      )`);
    // A tenant is here while its scans fail as a whole: what makes one alert of an outage instead of one for every slot.
    await runner.query(`
      CREATE TABLE drift_outages (
        tenant_id uuid CONSTRAINT pk_drift_outages PRIMARY KEY CONSTRAINT fk_drift_outages_tenant_id REFERENCES tenants (id),
        slot_id uuid NOT NULL,
        reason text NOT NULL,
        since timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE drift_changes (
        id uuid CONSTRAINT pk_drift_changes PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_changes_tenant_id REFERENCES tenants (id),
        identity bytea NOT NULL CONSTRAINT ck_drift_changes_identity CHECK (octet_length(identity) = 32),
        change_set_id uuid NOT NULL,
        state text NOT NULL CONSTRAINT ck_drift_changes_state CHECK (state IN ('open', 'accepted', 'ignored', 'closed')),
        substate text NOT NULL CONSTRAINT ck_drift_changes_substate CHECK (substate IN ('new', 'ongoing', 'regressed')),
        state_before_close text CONSTRAINT ck_drift_changes_state_before_close CHECK (state_before_close IN ('open', 'accepted', 'ignored')),
        close_reason text CONSTRAINT ck_drift_changes_close_reason CHECK (close_reason IN ('reverted', 'superseded', 'baseline', 'unreferenced')),
        baseline_version integer NOT NULL,
        first_report bigint NOT NULL,
        closed_report bigint,
        resource_type text NOT NULL,
        resource_key text NOT NULL,
        display_name text,
        change_type text NOT NULL CONSTRAINT ck_drift_changes_change_type CHECK (change_type IN ('added', 'removed', 'modified')),
        path text NOT NULL,
        before_json text NOT NULL,
        after_json text NOT NULL,
        direction text NOT NULL CONSTRAINT ck_drift_changes_direction CHECK (direction IN ('loosening', 'tightening', 'neutral')),
        severity text NOT NULL CONSTRAINT ck_drift_changes_severity CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
        rules text[] NOT NULL,
        reference_ids text[] NOT NULL,
        title text NOT NULL,
        matched_by text NOT NULL CONSTRAINT ck_drift_changes_matched_by CHECK (matched_by IN ('id', 'name')),
        attribution text NOT NULL CONSTRAINT ck_drift_changes_attribution CHECK (attribution IN ('exact', 'strong', 'probable', 'none')),
        actor_type text CONSTRAINT ck_drift_changes_actor_type CHECK (actor_type IN ('user', 'app')),
        actor_id text,
        actor_name text,
        attribution_evidence text,
        attribution_attempts integer NOT NULL DEFAULT 0,
        attribution_since timestamptz NOT NULL,
        attribution_retry_at timestamptz,
        decided_by_id text,
        decided_by_name text,
        decided_at timestamptz,
        decision_reason text,
        decision_until timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        CONSTRAINT ck_drift_changes_closed CHECK ((state = 'closed') = (closed_report IS NOT NULL AND close_reason IS NOT NULL AND state_before_close IS NOT NULL))
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_drift_changes_live ON drift_changes (tenant_id, identity) WHERE state <> 'closed'`);
    await runner.query(`
      CREATE INDEX ix_drift_changes_tenant_id_identity ON drift_changes (tenant_id, identity) WHERE state = 'closed'`);
    await runner.query(`CREATE INDEX ix_drift_changes_tenant_id_state_id ON drift_changes (tenant_id, state, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'drift_changes',
      'drift_outages',
      'drift_reports',
      'drift_baselines',
      'config_snapshots',
      'config_versions',
      'config_blobs',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
