import { setTimeout as sleep } from 'node:timers/promises';
import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { textOf } from '../../demo/store/json.types.js';
import { DriftStage } from '../drift/drift-stage.js';
import { TenantNoise } from '../drift/tenant-noise.js';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';

const SLOTS = proofSize(4, 30);
const KILLS = proofSize(1, 8);
/** Else the lease of who was killed is ended at once, by hand. */
const WAITS_FOR_LEASES = proofSize(false, true);
const INTERVAL_SECONDS = 5;
const SETTLE_MS = proofSize(180_000, 600_000);
const SEED = 11;

interface Slot {
  slot_at: Date;
  status: string;
  reason: string | null;
  reports: number;
  snapshots: number;
}

/**
 * Two instances that are killed scan a tenant that throttles, fails for a moment, reorders, and leaves objects out or lists some too
 * many; in the middle somebody changes one policy.
 */
describe(`two instances, ${SLOTS} slots that are run, ${KILLS} kill -9, a tenant that throttles and lies`, () => {
  let stage: DriftStage;
  let noise: TenantNoise;
  let env: Record<string, string>;
  /** The slots before had another interval. */
  let since = new Date();
  const services: SpawnedService[] = [];

  beforeAll(async () => {
    stage = await DriftStage.open({ seed: SEED, users: 60, groups: 12, applications: 12, policies: 8 });
    await stage.scan();
    await stage.approveNewest();
    noise = new TenantNoise(stage.tenant, SEED);
    const { options } = stage.dataSource;
    env = {
      ...environmentOf(stage.tenant),
      DATABASE_URL: options.type === 'postgres' ? String(options.url) : '',
      // How busy the machine is isn't what is tested.
      DATABASE_QUEUE_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    };
    services.push(...(await Promise.all([spawnService(env), spawnService(env)])));
    await stage.dataSource.query('UPDATE tenants SET scan_interval_seconds = $1', [INTERVAL_SECONDS]);
    const [clock] = await stage.dataSource.query<{ now: Date }[]>('SELECT now()');
    since = clock?.now ?? since;
  }, 240_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill('SIGKILL')));
    await stage?.close();
  });

  const slots = (): Promise<Slot[]> =>
    stage.dataSource.query(
      `SELECT s.slot_at, s.status, s.reason,
              (SELECT count(*)::int FROM drift_reports r WHERE r.slot_id = s.id) AS reports,
              (SELECT count(*)::int FROM config_snapshots c WHERE c.slot_id = s.id) AS snapshots
         FROM job_slots s WHERE s.job = 'drift.scan' AND s.trigger = 'schedule' AND s.slot_at > $1
          AND s.status NOT IN ('pending', 'running') ORDER BY s.slot_at`,
      [since],
    );
  const completed = async () => (await slots()).filter(({ status }) => status === 'completed').length;
  async function killOne(): Promise<void> {
    const victim = Math.floor(Math.random() * services.length);
    const pid = services[victim]?.child.pid;
    await services[victim]?.kill('SIGKILL');
    if (!WAITS_FOR_LEASES) {
      await stage.dataSource.query(
        `UPDATE job_slots SET lease_until = now() - interval '1 second'
          WHERE job = 'drift.scan' AND status = 'running' AND owner LIKE '%:' || $1::text`,
        [pid],
      );
    }
    services[victim] = await spawnService(env);
  }

  it(
    'make one report of each slot, tell of what was changed once, and of nothing else',
    async () => {
      const { state, administrator } = stage.tenant;
      const policy = [...state.collections.conditionalAccessPolicies.values()].find(
        (one) => one['state'] === 'enabled',
      );
      const policyId = textOf(policy ?? {}, 'id');
      let kills = 0;
      /** How many slots were run when the policy was changed. */
      let plantedAt = Number.POSITIVE_INFINITY;
      let seen = -1;
      const deadline = Date.now() + SETTLE_MS + SLOTS * INTERVAL_SECONDS * 1000;
      for (
        ;
        (await completed()) < Math.max(SLOTS, Math.min(plantedAt, SLOTS) + 2) && Date.now() < deadline;
        await sleep(200)
      ) {
        const now = await completed();
        // Another answer a scan: what flapped in one reading stands still in the next.
        if (now === seen) continue;
        seen = now;
        noise.stir(new Set([policyId]));
        if (now >= SLOTS / 2 && plantedAt > now) {
          plantedAt = now;
          const patch = { state: 'disabled' };
          updateConditionalAccessObject(
            state,
            userActor(state, administrator.objectId),
            'conditionalAccessPolicies',
            policyId,
            patch,
          );
        }
        if (kills < KILLS && now >= ((kills + 1) * SLOTS) / (KILLS + 2)) {
          kills += 1;
          // In the middle of a scan, somewhere.
          await sleep(Math.random() * INTERVAL_SECONDS * 1000);
          await killOne();
        }
      }
      const all = await slots();
      expect(all.filter(({ status }) => status === 'completed').length).toBeGreaterThanOrEqual(SLOTS);
      // A machine that is too slow for the interval leaves slots out, and says so; what was begun is ended.
      const isWhole = ({ status, reports, snapshots }: Slot) =>
        status === 'completed' ? reports === 1 && snapshots === 1 : status === 'missed' && reports + snapshots === 0;
      expect(all.filter((slot) => !isWhole(slot))).toEqual([]);
      expect(kills).toBe(KILLS);
      expect([...noise.made.keys()]).toContain('flap');

      const told = (await stage.events('drift.changes.detected')).flatMap(
        ({ changes }) => changes as { resourceType: string; resourceKey: string; path: string }[],
      );
      // The schedule, which this test itself made faster after the baseline, is no matter of the tenant.
      const [ours, ofTenant] = [true, false].map((isOurs) =>
        told.filter(({ resourceType }) => (resourceType === 'watchSetting') === isOurs),
      );
      expect(ours?.map(({ path }) => path)).toEqual(['/scanIntervalSeconds']);
      expect(ofTenant?.filter(({ resourceKey }) => resourceKey !== policyId)).toEqual([]);
      expect(told.filter(({ path }) => path === '/state')).toHaveLength(1);
      expect(await stage.events('drift.changes.resolved')).toEqual([]);
    },
    SETTLE_MS * 2 + SLOTS * INTERVAL_SECONDS * 1000,
  );
});
