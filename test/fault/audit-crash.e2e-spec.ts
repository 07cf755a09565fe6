import { setTimeout as sleep } from 'node:timers/promises';
import { proofSize } from '../support/proof-size.js';
import { FaultStage } from './audit/fault-stage.js';
import { drawFaults, seededRandom } from './audit/faults.js';
import { TenantLoad } from './audit/tenant-load.js';

/** One of each fault, or whole. */
const ROUNDS = proofSize(4, 50);
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const NO_DISK =
  'The proof with a full disk was NOT run: it needs to mount a small file system, which this account may not do.';

describe(`the audit trail under load, ${ROUNDS} faults at random, FAULT_SEED=${SEED}`, () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await FaultStage.start();
  }, 120_000);
  afterAll(() => stage?.close(), 60_000);

  it(
    'has one record for every change, one change for every record, and a log that verifies and never shrank',
    async () => {
      const random = seededRandom(SEED);
      const load = new TenantLoad();
      const slowest = new Map<string, number>();
      for (const [nth, { name, strike }] of drawFaults(ROUNDS, random, stage.database.hasOwnDisk).entries()) {
        load.start(() => stage.urls(), await stage.tokens());
        await load.untilEachWasAnswered();
        await sleep(300 + random() * 1200);
        await strike(stage, random);
        const recovered = await stage.untilServing();
        await load.stop();
        await stage.untilSealed();
        slowest.set(name, Math.max(recovered, slowest.get(name) ?? 0));
        process.stderr.write(
          `audit-crash, round ${nth + 1} of ${ROUNDS}: ${name}, serving again after ${Math.round(recovered)} ms\n`,
        );
        expect({ round: nth, fault: name, faults: (await stage.check(load.answered)).slice(0, 20) }).toEqual({
          round: nth,
          fault: name,
          faults: [],
        });
      }
      const { created, changed, denied, others } = load.answered;
      expect(Math.min(created.size, changed.size, denied.size)).toBeGreaterThan(0);
      const said = [
        `${created.size} creations, ${changed.size} changes and ${denied.size} denials were answered`,
        `others: ${JSON.stringify(Object.fromEntries(others))}`,
        `${stage.size} records under ${stage.checkpoints} checkpoints`,
        `serving again after at most ${JSON.stringify(Object.fromEntries([...slowest].map(([name, ms]) => [name, Math.round(ms)])))} ms`,
        ...(stage.database.hasOwnDisk ? [] : [NO_DISK]),
      ];
      process.stderr.write(`audit-crash: ${said.join('; ')}\n`);
      // What can't be done while the database is away is said so, and nothing else goes wrong.
      expect([...others.keys()].filter((what) => !['503', 'never answered'].includes(what))).toEqual([]);
    },
    120_000 + ROUNDS * 60_000,
  );
});
