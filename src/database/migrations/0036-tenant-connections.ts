import type { MigrationInterface, QueryRunner } from 'typeorm';

const KINDS = "'decision', 'ignore-rule', 'baseline', 'rule-override', 'change-window', 'tenant-settings'";

/** The application that a tenant is read with, where it isn't the installation's, and those that wait for a second person's word. */
export class TenantConnections1764000000036 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenant_connections (
        id uuid NOT NULL CONSTRAINT pk_tenant_connections PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_tenant_connections_tenant_id REFERENCES tenants (id) ON DELETE CASCADE,
        state text NOT NULL CONSTRAINT ck_tenant_connections_state CHECK (state IN ('candidate', 'active')),
        client_id uuid NOT NULL,
        cloud text CONSTRAINT ck_tenant_connections_cloud CHECK (cloud IN ('global', 'us-government', 'us-dod', 'china')),
        kind text NOT NULL CONSTRAINT ck_tenant_connections_kind CHECK (kind IN ('secret', 'certificate', 'federated')),
        sealed_credential bytea,
        fingerprint text,
        expires_at timestamptz,
        set_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_tenant_connections_credential
          CHECK ((kind = 'federated') = (sealed_credential IS NULL) AND (kind = 'federated') = (fingerprint IS NULL)))`);
    await runner.query(
      `CREATE UNIQUE INDEX uq_tenant_connections_active ON tenant_connections (tenant_id) WHERE state = 'active'`,
    );
    await runner.query('CREATE INDEX ix_tenant_connections_tenant_id ON tenant_connections (tenant_id)');
    // Counts every change, removals included, so that nobody overwrites what they haven't seen.
    await runner.query('ALTER TABLE tenants ADD COLUMN connection_version integer NOT NULL DEFAULT 0');
    await runner.query(`
      ALTER TABLE drift_proposals
        DROP CONSTRAINT ck_drift_proposals_kind,
        ADD CONSTRAINT ck_drift_proposals_kind CHECK (kind IN (${KINDS}, 'tenant-connection'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM drift_proposals WHERE kind = 'tenant-connection'`);
    await runner.query(`
      ALTER TABLE drift_proposals
        DROP CONSTRAINT ck_drift_proposals_kind,
        ADD CONSTRAINT ck_drift_proposals_kind CHECK (kind IN (${KINDS}))`);
    await runner.query('ALTER TABLE tenants DROP COLUMN connection_version');
    await runner.query('DROP TABLE tenant_connections');
  }
}
