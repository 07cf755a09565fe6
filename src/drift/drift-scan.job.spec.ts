import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { Settings } from '../config/settings.js';
import type { GraphClients } from '../entra/graph-clients.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import type { ClaimOptions, JobSlots } from '../jobs/job-slots.service.js';
import type { TenantsService } from '../tenants/tenants.service.js';
import { DriftScanJob } from './drift-scan.job.js';
import type { DriftScanService } from './drift-scan.service.js';
import type { ScanOutcomes } from './scan-outcomes.js';
import { ACTIVE_SCANS } from './scan-places.js';

interface Gate {
  opened: Promise<void>;
  open: () => void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The order of these steps can't be had from a real database and a real tenant, so the job's neighbours stand still where told. */
function stage() {
  const claims: ClaimOptions[] = [];
  const released: string[] = [];
  const begun: string[] = [];
  const waiting: { look?: Gate; claim?: Gate; tenant?: Gate } = {};
  const scanning = gate();
  let slotsLeft = 1;
  const tenants: Pick<TenantsService, 'listScanned'> & { get: (id: string) => Promise<unknown> } = {
    listScanned: async () => {
      await waiting.look?.opened;
      return [];
    },
    get: async (id) => {
      await waiting.tenant?.opened;
      return { id };
    },
  };
  const slots = {
    isWaiting: async () => slotsLeft > 0,
    claim: async (_job: string, _key: string | undefined, options: ClaimOptions) => {
      claims.push(options);
      await waiting.claim?.opened;
      if (slotsLeft === 0) return null;
      slotsLeft -= 1;
      return { id: `run-${claims.length}`, key: 'tenant' } as SlotRun;
    },
    release: async (run: SlotRun) => void released.push(run.id),
    withLease: (_run: SlotRun, work: (signal: AbortSignal) => Promise<unknown>) => work(new AbortController().signal),
  };
  const scans = {
    scan: async (_tenant: unknown, run: SlotRun) => {
      begun.push(run.id);
      await scanning.opened;
    },
  };
  const graph = { progressOf: () => null };
  const job = new DriftScanJob(
    new Settings(),
    // Only what the job calls; the classes have private members, which no stand-in can have.
    tenants as unknown as TenantsService,
    slots as unknown as JobSlots,
    scans as unknown as DriftScanService,
    { completed: () => undefined } as unknown as ScanOutcomes,
    graph as unknown as GraphClients,
    pino({ level: 'silent' }),
  );
  const addSlots = (count: number) => {
    slotsLeft += count;
  };
  return { job, claims, released, begun, waiting, scanning, addSlots };
}

describe('the job that scans', () => {
  it('holds its slots for 15 seconds at a time, so that the scan of a crashed instance is soon taken over', async () => {
    const { job, claims, scanning } = stage();
    await job.tick();
    scanning.open();
    await job.settled();
    expect(claims[0]?.leaseSeconds).toBe(15);
    expect(claims[0]?.onLost).toBeDefined();
  });

  it('begins with as many as there are places, however long it takes to look the tenants up', async () => {
    const { job, claims, begun, waiting, scanning, addSlots } = stage();
    addSlots(2 * ACTIVE_SCANS);
    waiting.tenant = gate();
    await job.tick();
    expect(claims).toHaveLength(ACTIVE_SCANS);
    waiting.tenant.open();
    scanning.open();
    await job.settled();
    expect(begun).toHaveLength(ACTIVE_SCANS);
  });

  it('starts nothing new while it stops, not even by a look at the schedule that had begun', async () => {
    const { job, claims, begun, waiting, scanning, addSlots } = stage();
    await job.tick();
    expect(begun).toHaveLength(1);
    const claimed = claims.length;
    addSlots(2);
    waiting.look = gate();
    const look = job.tick();
    const stopped = job.onModuleDestroy();
    waiting.look.open();
    await look;
    await job.tick();
    expect(claims).toHaveLength(claimed);
    scanning.open();
    await stopped;
    expect(begun).toHaveLength(1);
  });

  it('hands a slot back that it got while it began to stop', async () => {
    const { job, begun, released, waiting, scanning, addSlots } = stage();
    await job.tick();
    addSlots(1);
    waiting.claim = gate();
    const look = job.tick();
    await setImmediate();
    const stopped = job.onModuleDestroy();
    waiting.claim.open();
    await look;
    scanning.open();
    await stopped;
    expect([begun.length, released.length]).toEqual([1, 1]);
  });
});
