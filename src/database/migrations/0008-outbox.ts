import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Outbox1764000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox_events (
        id uuid CONSTRAINT pk_outbox_events PRIMARY KEY,
        type text NOT NULL,
        tenant_id uuid CONSTRAINT fk_outbox_events_tenant_id REFERENCES tenants (id) ON DELETE CASCADE,
        data text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        dispatched_at timestamptz
      )`);
    await runner.query(
      'CREATE INDEX ix_outbox_events_created_at ON outbox_events (created_at) WHERE dispatched_at IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox_events');
  }
}
