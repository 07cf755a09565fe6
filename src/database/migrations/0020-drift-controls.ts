import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Verdicts of controls as intervals of reports: a row says what a control came to in the baseline and in the tenant, from one
 * report up to the one that says otherwise. Scans that find nothing new add nothing.
 */
export class DriftControls1764000000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const verdicts = "('met', 'not-met', 'not-assessed')";
    await runner.query(`
      CREATE TABLE drift_controls (
        id uuid CONSTRAINT pk_drift_controls PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_controls_tenant_id REFERENCES tenants (id),
        control_id text NOT NULL,
        position integer NOT NULL,
        first_report bigint NOT NULL,
        closed_report bigint,
        baseline_verdict text NOT NULL CONSTRAINT ck_drift_controls_baseline_verdict CHECK (baseline_verdict IN ${verdicts}),
        verdict text NOT NULL CONSTRAINT ck_drift_controls_verdict CHECK (verdict IN ${verdicts}),
        previous_verdict text CONSTRAINT ck_drift_controls_previous_verdict CHECK (previous_verdict IN ${verdicts}),
        last_assessed text CONSTRAINT ck_drift_controls_last_assessed CHECK (last_assessed IN ('met', 'not-met')),
        since timestamptz NOT NULL,
        finding_hash bytea NOT NULL CONSTRAINT ck_drift_controls_finding_hash CHECK (octet_length(finding_hash) = 32),
        sealed_finding bytea NOT NULL
      )`);
    await runner.query('ALTER TABLE drift_controls ALTER COLUMN sealed_finding SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE UNIQUE INDEX uq_drift_controls_current ON drift_controls (tenant_id, control_id) WHERE closed_report IS NULL`);
    await runner.query('CREATE INDEX ix_drift_controls_report ON drift_controls (tenant_id, first_report)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_controls');
  }
}
