import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a report has is found without a look at all that ever changed, and alerts that ended long ago without a look at all of them. */
export class DriftUpkeep1764000000034 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX ix_drift_changes_tenant_id_closed_report ON drift_changes (tenant_id, closed_report)',
    );
    await runner.query('CREATE INDEX ix_drift_alerts_ended_at ON drift_alerts (ended_at) WHERE ended_at IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_drift_alerts_ended_at');
    await runner.query('DROP INDEX ix_drift_changes_tenant_id_closed_report');
  }
}
