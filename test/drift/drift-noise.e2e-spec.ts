import { proofSize } from '../support/proof-size.js';
import { DriftStage } from './drift-stage.js';
import { type PlantedChange, Planter } from './planted-changes.js';
import { TenantNoise } from './tenant-noise.js';

const SCANS = proofSize(10, 500);
const TIMEOUT_MS = proofSize(300_000, 4 * 3_600_000);
const SEED = 20_261_130;

type Place = Omit<PlantedChange, 'readings'>;

describe('a tenant that is never still', () => {
  let stage: DriftStage;
  let noise: TenantNoise;

  beforeAll(async () => {
    stage = await DriftStage.open({ seed: 3, users: 60, groups: 10, applications: 10, policies: 8 });
    await stage.scan();
    await stage.approveNewest();
    noise = new TenantNoise(stage.tenant, SEED);
  }, 180_000);
  afterAll(() => stage?.close());

  const alerts = async () =>
    (
      await Promise.all(
        (['drift.changes.detected', 'drift.changes.resolved', 'drift.scan.failed'] as const).map((type) =>
          stage.events(type),
        ),
      )
    ).flat();

  it(
    `${SCANS} scans without a change: no change is told and nobody is alerted`,
    async () => {
      const told: unknown[] = [];
      for (let round = 0; round < SCANS; round++) {
        noise.stir();
        const { document } = await stage.scan();
        if (document.changes.length > 0 || !document.complete)
          told.push({ round, changes: document.changes, incomplete: document.incomplete });
      }
      expect(told).toEqual([]);
      expect(await alerts()).toEqual([]);
      expect(noise.made.get('flap')).toBeGreaterThan(SCANS);
    },
    TIMEOUT_MS,
  );

  it(
    `${SCANS} scans with one change each: every one is told, and once`,
    async () => {
      const planter = new Planter(stage.tenant);
      const waiting: { place: Place; round: number; last: number }[] = [];
      const wrong: unknown[] = [];
      let found = 0;
      for (let round = 0; round <= SCANS; round++) {
        noise.stir(planter.places);
        // The last scan plants nothing: what takes two readings gets its second.
        if (round < SCANS) {
          const { readings, ...place } = planter.plant(round);
          waiting.push({ place, round, last: round + readings - 1 });
        }
        for (const opened of await stage.opened(await stage.scan())) {
          const index = waiting.findIndex(({ place }) => isThere(opened, place));
          if (index < 0) wrong.push({ round, unexpected: opened });
          else waiting.splice(index, 1);
          found += index < 0 ? 0 : 1;
        }
        for (const late of waiting.splice(0)) {
          if (late.last > round) waiting.push(late);
          else wrong.push({ ...late, missing: true });
        }
      }
      expect(wrong).toEqual([]);
      expect(found).toBe(SCANS);
    },
    TIMEOUT_MS,
  );
});

/** A member of a keyed list is told below the list. */
function isThere(opened: Place, place: Place): boolean {
  return (
    opened.resourceType === place.resourceType &&
    opened.resourceKey === place.resourceKey &&
    (opened.path === place.path || (place.path !== '' && opened.path.startsWith(`${place.path}/`)))
  );
}
