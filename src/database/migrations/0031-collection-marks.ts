import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * From where a type is read on: the link of a delta query that goes with a snapshot (decision in docs/decisions/0032). Of the newest
 * snapshot only. A link says nothing of the tenant and opens nothing without our token, so it lies in the clear.
 */
export class CollectionMarks1764000000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE collection_marks (
        tenant_id uuid NOT NULL CONSTRAINT fk_collection_marks_tenant_id REFERENCES tenants (id),
        resource_type text NOT NULL,
        snapshot_id uuid NOT NULL CONSTRAINT fk_collection_marks_snapshot_id REFERENCES config_snapshots (id),
        delta_link text NOT NULL,
        next_link text NOT NULL,
        whole_at timestamptz NOT NULL,
        CONSTRAINT pk_collection_marks PRIMARY KEY (tenant_id, resource_type)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE collection_marks');
  }
}
