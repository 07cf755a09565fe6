import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Jobs1764000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SEQUENCE job_fences AS bigint');
    await runner.query(`
      CREATE TABLE job_slots (
        id uuid CONSTRAINT pk_job_slots PRIMARY KEY,
        job text NOT NULL,
        key text NOT NULL,
        trigger text NOT NULL CONSTRAINT ck_job_slots_trigger CHECK (trigger IN ('schedule', 'manual')),
        slot_at timestamptz NOT NULL,
        status text NOT NULL CONSTRAINT ck_job_slots_status
          CHECK (status IN ('pending', 'running', 'completed', 'failed', 'missed')),
        attempt integer NOT NULL DEFAULT 0,
        not_before timestamptz NOT NULL DEFAULT '-infinity',
        fence bigint,
        lease_until timestamptz,
        owner text,
        requested_by text,
        reason text,
        result text,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT ck_job_slots_running CHECK (status <> 'running' OR (fence IS NOT NULL AND lease_until IS NOT NULL))
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_job_slots_job_key_slot_at ON job_slots (job, key, slot_at) WHERE trigger = 'schedule'`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_job_slots_job_key_running ON job_slots (job, key) WHERE status = 'running'`);
    await runner.query(`
      CREATE INDEX ix_job_slots_job_slot_at ON job_slots (job, slot_at, id) WHERE status IN ('pending', 'running')`);
    await runner.query('CREATE INDEX ix_job_slots_slot_at ON job_slots (slot_at)');

    // The queue's tables are kept by its library, which installs and upgrades them on a connection of its own. Loaded only
    // here: a process whose database is up to date doesn't need it for this.
    const { runMigrations } = await import('graphile-worker');
    const { options } = runner.connection;
    if (options.type !== 'postgres' || options.url === undefined)
      throw new Error('The database is given by a postgres:// URL.');
    await runMigrations({ connectionString: options.url });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA graphile_worker CASCADE');
    await runner.query('DROP TABLE job_slots');
    await runner.query('DROP SEQUENCE job_fences');
  }
}
