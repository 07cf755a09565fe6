import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Notifications1764000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoints (
        id uuid CONSTRAINT pk_webhook_endpoints PRIMARY KEY,
        tenant_id uuid CONSTRAINT fk_webhook_endpoints_tenant_id REFERENCES tenants (id) ON DELETE CASCADE,
        url text NOT NULL,
        description text NOT NULL,
        event_types text[] NOT NULL,
        min_severity text NOT NULL CONSTRAINT ck_webhook_endpoints_min_severity
          CHECK (min_severity IN ('critical', 'high', 'medium', 'low', 'info')),
        status text NOT NULL CONSTRAINT ck_webhook_endpoints_status CHECK (status IN ('enabled', 'disabled')),
        disabled_reason text,
        sealed_secret bytea NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        delivering_until timestamptz NOT NULL DEFAULT '-infinity',
        delivering_by uuid
      )`);
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        id uuid CONSTRAINT pk_webhook_deliveries PRIMARY KEY,
        endpoint_id uuid NOT NULL CONSTRAINT fk_webhook_deliveries_endpoint_id
          REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
        event_id uuid NOT NULL CONSTRAINT fk_webhook_deliveries_event_id REFERENCES outbox_events (id) ON DELETE CASCADE,
        event_type text NOT NULL,
        status text NOT NULL CONSTRAINT ck_webhook_deliveries_status CHECK (status IN ('pending', 'delivered', 'dead')),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz CONSTRAINT ck_webhook_deliveries_next_attempt_at
          CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
        last_attempt_at timestamptz,
        last_status integer,
        last_error text,
        last_duration_ms integer,
        delivered_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_webhook_deliveries_endpoint_id_event_id UNIQUE (endpoint_id, event_id)
      )`);
    await runner.query('CREATE INDEX ix_webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id, id)');
    await runner.query('CREATE INDEX ix_webhook_deliveries_event_id ON webhook_deliveries (event_id)');
    await runner.query(`
      CREATE INDEX ix_webhook_deliveries_next_attempt_at ON webhook_deliveries (endpoint_id, next_attempt_at)
      WHERE status = 'pending'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE webhook_deliveries');
    await runner.query('DROP TABLE webhook_endpoints');
  }
}
