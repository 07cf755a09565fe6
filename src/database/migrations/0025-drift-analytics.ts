import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Figures look at changes by the time at which they were found, decided and closed, within a window. */
export class DriftAnalytics1764000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX ix_drift_changes_tenant_id_created_at ON drift_changes (tenant_id, created_at)');
    await runner.query(`
      CREATE INDEX ix_drift_changes_tenant_id_closed_at ON drift_changes (tenant_id, closed_at) WHERE closed_at IS NOT NULL`);
    await runner.query(`
      CREATE INDEX ix_drift_changes_tenant_id_decided_at ON drift_changes (tenant_id, decided_at) WHERE decided_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['decided_at', 'closed_at', 'created_at'])
      await runner.query(`DROP INDEX ix_drift_changes_tenant_id_${column}`);
  }
}
