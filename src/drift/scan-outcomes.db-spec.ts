import { type TestingModule } from '@nestjs/testing';
import { addTenant, startDriftRoom } from '../../test/support/drift-room.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots, MAX_ATTEMPTS } from '../jobs/job-slots.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { DriftScanJob } from './drift-scan.job.js';
import { SCAN_JOB } from './scan-job.js';
import { ScanOutcomes } from './scan-outcomes.js';

describe('how scans end', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let tenant: WatchedTenant;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 5 });
    room = await startDriftRoom(database);
  });
  beforeEach(async () => {
    await query('DELETE FROM job_slots');
    tenant = await addTenant(room, 'Watched');
  });
  afterAll(() => database?.close());

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);

  /** A run of a scan that is its slot's last allowed one. */
  async function lastRun(): Promise<SlotRun> {
    const slots = room.get(JobSlots);
    await room.get(TransactionRunner).run((tx) => slots.openManual(tx, SCAN_JOB, tenant.id, systemActor('test')));
    await query('UPDATE job_slots SET attempt = $1', [MAX_ATTEMPTS - 1]);
    const run = await slots.claim(SCAN_JOB);
    if (run === null) throw new Error('nothing to claim');
    expect(run.attempt).toBe(MAX_ATTEMPTS);
    return run;
  }
  async function told() {
    const [row] = await query<{ records: number; alerts: number }[]>(
      `SELECT (SELECT count(*)::int FROM audit_events WHERE action = 'drift.scan.failed' AND tenant_id = $1) AS records,
              (SELECT count(*)::int FROM outbox_events WHERE type = 'drift.scan.failed' AND tenant_id = $1) AS alerts`,
      [tenant.id],
    );
    return row;
  }
  const statusOf = async (run: SlotRun) => (await room.get(JobSlots).get(run.id))?.status;

  it('tells of a scan whose instances died as often as is allowed, once', async () => {
    const run = await lastRun();
    await query(`UPDATE job_slots SET lease_until = now() - interval '1 second'`);
    const job = room.get(DriftScanJob);
    await job.tick();
    await job.tick();
    expect(await statusOf(run)).toBe('failed');
    expect(await told()).toEqual({ records: 1, alerts: 1 });
  });

  it('tells of the last failure in the transaction that fails the slot', async () => {
    const run = await lastRun();
    await query(`ALTER TABLE outbox_events ADD CONSTRAINT broken CHECK (type <> 'drift.scan.failed') NOT VALID`);
    try {
      await expect(room.get(ScanOutcomes).failed(run, tenant, new Error('broken'))).rejects.toThrow();
    } finally {
      await query('ALTER TABLE outbox_events DROP CONSTRAINT broken');
    }
    expect([await statusOf(run), await told()]).toEqual(['running', { records: 0, alerts: 0 }]);
    await room.get(ScanOutcomes).failed(run, tenant, new Error('broken'));
    expect([await statusOf(run), await told()]).toEqual(['failed', { records: 1, alerts: 1 }]);
  });

  it('tells nothing of a failed run that was overtaken', async () => {
    const run = await lastRun();
    await query(`UPDATE job_slots SET fence = nextval('job_fences')`);
    await room.get(ScanOutcomes).failed(run, tenant, new Error('broken'));
    expect([await statusOf(run), await told()]).toEqual(['running', { records: 0, alerts: 0 }]);
  });
});
