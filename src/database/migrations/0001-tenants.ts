import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tenants1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenants (
        id uuid CONSTRAINT pk_tenants PRIMARY KEY,
        entra_tenant_id uuid NOT NULL CONSTRAINT uq_tenants_entra_tenant_id UNIQUE,
        display_name text NOT NULL,
        sign_in_allowed boolean NOT NULL,
        scan_enabled boolean NOT NULL,
        scan_interval_seconds integer NOT NULL CONSTRAINT ck_tenants_scan_interval_seconds CHECK (scan_interval_seconds BETWEEN 1 AND 86400),
        break_glass_object_ids text[] NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tenants');
  }
}
