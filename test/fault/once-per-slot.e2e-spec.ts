import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';

const SLOTS = proofSize(3, 30);
const KILLS = proofSize(1, 10);
/** Else the lease of who was killed or paused is ended at once, by hand. */
const WAITS_FOR_LEASES = proofSize(false, true);
const INTERVAL_SECONDS = 4;
const SETTLE_MS = 120_000;

interface SlotOutcome {
  slot_at: Date;
  status: string;
  attempt: number;
  reports: number;
  snapshots: number;
  reason: string | null;
}

describe(`two instances, ${SLOTS} slots, ${KILLS} kill -9 and one pause beyond a lease`, () => {
  let tenant: DemoTenant;
  let database: pg.Client;
  let env: Record<string, string>;
  const services: SpawnedService[] = [];

  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 5, users: 60, groups: 12, applications: 12, policies: 8 });
    const url = await createDatabaseFromTemplate();
    database = new pg.Client({ connectionString: url });
    await database.connect();
    env = { ...environmentOf(tenant), DATABASE_URL: url, DRIFT_SCAN_INTERVAL_SECONDS: String(INTERVAL_SECONDS) };

    services.push(...(await Promise.all([spawnService(env), spawnService(env)])));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill('SIGKILL')));
    await database.end();
    await tenant.close();
  });

  const endLease = (pid?: number) =>
    database.query(
      `UPDATE job_slots SET lease_until = now() - interval '1 second'
        WHERE job = 'drift.scan' AND status = 'running' AND owner LIKE '%:' || $1::text`,
      [pid],
    );

  const outcomes = async (): Promise<SlotOutcome[]> => {
    const { rows } = await database.query<SlotOutcome>(
      `SELECT s.slot_at, s.status, s.attempt, s.reason,
              (SELECT count(*)::int FROM drift_reports r WHERE r.slot_id = s.id) AS reports,
              (SELECT count(*)::int FROM config_snapshots c WHERE c.slot_id = s.id) AS snapshots
         FROM job_slots s WHERE s.job = 'drift.scan' AND s.trigger = 'schedule' ORDER BY s.slot_at LIMIT $1`,
      [SLOTS],
    );
    return rows;
  };

  it(
    'leaves exactly one completed run, one snapshot and one report for every slot',
    async () => {
      const lastSlotAt = Date.now() + SLOTS * INTERVAL_SECONDS * 1000;
      const pauseBetweenKills = (SLOTS * INTERVAL_SECONDS * 1000) / (KILLS + 1);
      for (let kills = 0; kills < KILLS; kills++) {
        await sleep(pauseBetweenKills * (0.5 + Math.random() / 2));
        const victim = Math.floor(Math.random() * services.length);
        const pid = services[victim]?.child.pid;
        await services[victim]?.kill('SIGKILL');
        if (!WAITS_FOR_LEASES) await endLease(pid);
        services[victim] = await spawnService(env);
      }
      await sleep(Math.max(0, lastSlotAt - Date.now()));

      let slots = await outcomes();
      for (const deadline = Date.now() + SETTLE_MS; Date.now() < deadline; await sleep(500)) {
        slots = await outcomes();
        if (slots.length === SLOTS && slots.every(({ status }) => status !== 'pending' && status !== 'running')) break;
      }
      const faulty = slots.filter(
        ({ status, reports, snapshots }) => status !== 'completed' || reports !== 1 || snapshots !== 1,
      );
      expect(faulty).toEqual([]);
      expect(slots).toHaveLength(SLOTS);
      const gaps = slots
        .slice(1)
        .map(({ slot_at }, index) => slot_at.getTime() - (slots[index]?.slot_at.getTime() ?? 0));
      expect(gaps.every((gap) => gap === INTERVAL_SECONDS * 1000)).toBe(true);
    },
    SLOTS * INTERVAL_SECONDS * 1000 + SETTLE_MS + 120_000,
  );

  it('lets a run that slept through its lease write nothing when it wakes up', async () => {
    // Pause whichever instance runs a slot now, until the other one has taken that slot over and finished it.
    let paused: { id: string; fence: string; owner: string } | undefined;
    for (const deadline = Date.now() + 60_000; paused === undefined && Date.now() < deadline; await sleep(20)) {
      const { rows } = await database.query<{ id: string; fence: string; owner: string }>(
        `SELECT id, fence, owner FROM job_slots WHERE job = 'drift.scan' AND status = 'running'`,
      );
      const runner = services.find(({ child }) => rows[0]?.owner.endsWith(`:${child.pid}`));
      if (rows[0] !== undefined && runner !== undefined) {
        runner.child.kill('SIGSTOP');
        const { rows: still } = await database.query(
          `SELECT 1 FROM job_slots WHERE id = $1 AND status = 'running' AND fence = $2`,
          [rows[0].id, rows[0].fence],
        );
        if (still.length === 1) paused = rows[0];
        else runner.child.kill('SIGCONT');
      }
    }
    if (paused === undefined) throw new Error('no run could be paused');
    const { id, fence, owner } = paused;
    const sleeper = services.find(({ child }) => owner.endsWith(`:${child.pid}`));
    if (!WAITS_FOR_LEASES) await endLease(sleeper?.child.pid);
    const state = async () =>
      (
        await database.query<{ status: string; fence: string; snapshots: number; reports: number }>(
          `SELECT status, fence,
                    (SELECT count(*)::int FROM config_snapshots c WHERE c.slot_id = s.id) AS snapshots,
                    (SELECT count(*)::int FROM drift_reports r WHERE r.slot_id = s.id) AS reports
               FROM job_slots s WHERE id = $1`,
          [id],
        )
      ).rows[0];
    let taken = await state();
    for (
      const deadline = Date.now() + 120_000;
      taken?.status !== 'completed' && Date.now() < deadline;
      await sleep(250)
    ) {
      taken = await state();
    }
    expect(taken).toMatchObject({ status: 'completed', snapshots: 1, reports: 1 });
    expect(BigInt(taken?.fence ?? 0)).toBeGreaterThan(BigInt(fence));

    sleeper?.child.kill('SIGCONT');
    await sleep(5000);
    expect(await state()).toEqual(taken);
  }, 200_000);
});
