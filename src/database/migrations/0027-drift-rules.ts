import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a tenant says of the rules: when changes are expected, and which rules hold otherwise than they come (decision in docs/rules.md). */
export class DriftRules1764000000027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE drift_change_windows (
        id uuid CONSTRAINT pk_drift_change_windows PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_change_windows_tenant_id REFERENCES tenants (id),
        name text NOT NULL,
        zone text NOT NULL,
        days smallint[] NOT NULL,
        start_minute smallint CONSTRAINT ck_drift_change_windows_start_minute CHECK (start_minute BETWEEN 0 AND 1439),
        duration_minutes integer CONSTRAINT ck_drift_change_windows_duration_minutes CHECK (duration_minutes BETWEEN 1 AND 10080),
        starts_at timestamptz,
        ends_at timestamptz,
        exclusive boolean NOT NULL,
        reason text NOT NULL,
        set_by_id text NOT NULL,
        set_by_name text NOT NULL,
        set_at timestamptz NOT NULL DEFAULT now(),
        removed_at timestamptz,
        CONSTRAINT ck_drift_change_windows_when CHECK (
          CASE WHEN cardinality(days) > 0
            THEN start_minute IS NOT NULL AND duration_minutes IS NOT NULL AND starts_at IS NULL AND ends_at IS NULL
            ELSE start_minute IS NULL AND duration_minutes IS NULL AND starts_at < ends_at END)
      )`);
    await runner.query('CREATE INDEX ix_drift_change_windows_tenant_id ON drift_change_windows (tenant_id)');
    await runner.query(`
      CREATE TABLE drift_rule_overrides (
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_rule_overrides_tenant_id REFERENCES tenants (id),
        rule_id text NOT NULL,
        disabled boolean NOT NULL,
        severity text CONSTRAINT ck_drift_rule_overrides_severity
          CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
        parameters text NOT NULL,
        reason text NOT NULL,
        until timestamptz,
        set_by_id text NOT NULL,
        set_by_name text NOT NULL,
        set_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL,
        CONSTRAINT pk_drift_rule_overrides PRIMARY KEY (tenant_id, rule_id),
        CONSTRAINT ck_drift_rule_overrides_disabled_until CHECK (NOT disabled OR until IS NOT NULL)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_rule_overrides');
    await runner.query('DROP TABLE drift_change_windows');
  }
}
