import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans that restore a baseline and that the service itself carries out, once two people want it (docs/drift.md). */
export class DriftRemediations1764000000032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tenants ADD COLUMN remediation_enabled boolean NOT NULL DEFAULT false');
    await runner.query(`
      CREATE TABLE drift_remediations (
        id uuid CONSTRAINT pk_drift_remediations PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_remediations_tenant_id REFERENCES tenants (id),
        change_ids uuid[] NOT NULL CONSTRAINT ck_drift_remediations_change_ids CHECK (cardinality(change_ids) > 0),
        status text NOT NULL CONSTRAINT ck_drift_remediations_status
          CHECK (status IN ('proposed', 'approved', 'running', 'succeeded', 'failed', 'superseded', 'expired', 'declined')),
        baseline_version integer NOT NULL,
        reason text NOT NULL,
        requested_by text NOT NULL,
        requested_by_id text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        decided_by text,
        decided_by_id text,
        decided_at timestamptz,
        decision_reason text,
        started_at timestamptz,
        finished_at timestamptz,
        outcome text,
        version integer NOT NULL DEFAULT 1,
        sealed_plan bytea NOT NULL,
        CONSTRAINT ck_drift_remediations_decided CHECK ((decided_by_id IS NULL) = (decided_at IS NULL)),
        CONSTRAINT ck_drift_remediations_two_people
          CHECK (status NOT IN ('approved', 'running', 'succeeded') OR coalesce(decided_by_id <> requested_by_id, false)),
        CONSTRAINT ck_drift_remediations_finished
          CHECK ((finished_at IS NULL) = (status IN ('proposed', 'approved', 'running')))
      )`);
    await runner.query('CREATE INDEX ix_drift_remediations_tenant_id ON drift_remediations (tenant_id, id)');
    await runner.query(`
      CREATE INDEX ix_drift_remediations_waiting ON drift_remediations (tenant_id, decided_at)
        WHERE status IN ('proposed', 'approved', 'running')`);
    // The database holds, too: of a tenant one at a time.
    await runner.query(`
      CREATE UNIQUE INDEX uq_drift_remediations_running ON drift_remediations (tenant_id) WHERE status = 'running'`);
    // One row a request that is about to be sent: it stands before the request leaves.
    await runner.query(`
      CREATE TABLE drift_remediation_steps (
        remediation_id uuid NOT NULL
          CONSTRAINT fk_drift_remediation_steps_remediation_id REFERENCES drift_remediations (id),
        number integer NOT NULL,
        status text NOT NULL
          CONSTRAINT ck_drift_remediation_steps_status CHECK (status IN ('intended', 'done', 'refused', 'unknown')),
        intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz,
        http_status integer,
        detail text,
        CONSTRAINT pk_drift_remediation_steps PRIMARY KEY (remediation_id, number),
        CONSTRAINT ck_drift_remediation_steps_ended CHECK ((status = 'intended') = (ended_at IS NULL))
      )`);
    await runner.query(`
      CREATE TABLE drift_remediation_changes (
        remediation_id uuid NOT NULL
          CONSTRAINT fk_drift_remediation_changes_remediation_id REFERENCES drift_remediations (id),
        change_id uuid NOT NULL CONSTRAINT fk_drift_remediation_changes_change_id REFERENCES drift_changes (id),
        outcome text CONSTRAINT ck_drift_remediation_changes_outcome CHECK (outcome IN ('restored', 'standing', 'unread')),
        CONSTRAINT pk_drift_remediation_changes PRIMARY KEY (remediation_id, change_id)
      )`);
    await runner.query(`
      CREATE INDEX ix_drift_remediation_changes_change_id ON drift_remediation_changes (change_id)`);
    await runner.query(`
      ALTER TABLE drift_changes ADD COLUMN closed_by_remediation uuid
        CONSTRAINT fk_drift_changes_closed_by_remediation REFERENCES drift_remediations (id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE drift_changes DROP COLUMN closed_by_remediation');
    for (const table of ['drift_remediation_changes', 'drift_remediation_steps', 'drift_remediations'])
      await runner.query(`DROP TABLE ${table}`);
    await runner.query('ALTER TABLE tenants DROP COLUMN remediation_enabled');
  }
}
