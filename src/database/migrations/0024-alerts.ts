import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Alerts as things with an end: which message told of which changes, so that one more tells when all of them are settled. Of an
 * endpoint: what it wants to hear at once, how often a digest tells the rest, its secret of before, and how its receiver fares.
 */
export class Alerts1764000000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE drift_alerts (
        id uuid CONSTRAINT pk_drift_alerts PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_drift_alerts_tenant_id REFERENCES tenants (id),
        change_set_id uuid,
        waiting_controls text[] NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      )`);
    await runner.query('CREATE INDEX ix_drift_alerts_open ON drift_alerts (tenant_id) WHERE ended_at IS NULL');
    await runner.query(`
      CREATE TABLE drift_alert_changes (
        alert_id uuid NOT NULL CONSTRAINT fk_drift_alert_changes_alert_id REFERENCES drift_alerts (id) ON DELETE CASCADE,
        change_id uuid NOT NULL CONSTRAINT fk_drift_alert_changes_change_id REFERENCES drift_changes (id),
        CONSTRAINT pk_drift_alert_changes PRIMARY KEY (alert_id, change_id)
      )`);
    await runner.query('CREATE INDEX ix_drift_alert_changes_change_id ON drift_alert_changes (change_id)');
    await runner.query(`
      ALTER TABLE webhook_endpoints
        ADD COLUMN tenant_ids uuid[] NOT NULL DEFAULT '{}',
        ADD COLUMN resource_types text[] NOT NULL DEFAULT '{}',
        ADD COLUMN controls text[] NOT NULL DEFAULT '{}',
        ADD COLUMN digest_interval_seconds integer CONSTRAINT ck_webhook_endpoints_digest_interval_seconds
          CHECK (digest_interval_seconds BETWEEN 3600 AND 604800),
        ADD COLUMN previous_sealed_secret bytea,
        ADD COLUMN previous_secret_until timestamptz,
        ADD CONSTRAINT ck_webhook_endpoints_previous_secret
          CHECK ((previous_sealed_secret IS NULL) = (previous_secret_until IS NULL)),
        ADD COLUMN failures integer NOT NULL DEFAULT 0,
        ADD COLUMN failing_since timestamptz,
        ADD COLUMN last_failure_at timestamptz,
        ADD COLUMN paused_until timestamptz NOT NULL DEFAULT '-infinity'`);
    await runner.query(`
      CREATE TABLE webhook_digest_items (
        endpoint_id uuid NOT NULL CONSTRAINT fk_webhook_digest_items_endpoint_id
          REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
        event_id uuid NOT NULL CONSTRAINT fk_webhook_digest_items_event_id REFERENCES outbox_events (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        digest_event_id uuid,
        CONSTRAINT pk_webhook_digest_items PRIMARY KEY (endpoint_id, event_id)
      )`);
    await runner.query('CREATE INDEX ix_webhook_digest_items_event_id ON webhook_digest_items (event_id)');
    await runner.query(`
      CREATE INDEX ix_webhook_digest_items_waiting ON webhook_digest_items (endpoint_id, created_at)
      WHERE digest_event_id IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE webhook_digest_items');
    await runner.query(`
      ALTER TABLE webhook_endpoints
        DROP COLUMN tenant_ids, DROP COLUMN resource_types, DROP COLUMN controls, DROP COLUMN digest_interval_seconds,
        DROP COLUMN previous_sealed_secret, DROP COLUMN previous_secret_until,
        DROP COLUMN failures, DROP COLUMN failing_since, DROP COLUMN last_failure_at, DROP COLUMN paused_until`);
    await runner.query('DROP TABLE drift_alert_changes');
    await runner.query('DROP TABLE drift_alerts');
  }
}
