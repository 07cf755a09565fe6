import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { GraphFault } from '../../entra/graph-fault.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { SlotRuns } from '../../jobs/slot-runs.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { GroupSync } from './group-sync.service.js';
import { GroupsRepository } from './groups.repository.js';

/** The job's name among the slots; its key is the tenants.id. */
export const GROUP_SYNC_JOB = 'users.group-sync';
const TICK_MS = 1000;
const ACTOR = systemActor('users.group-sync');
/** Tenants asked about at once by one process. */
const CONCURRENT_RUNS = 4;
const LEASE_SECONDS = 15;
/** What the next group would suffer from too. */
const HOPELESS = new Set<GraphFault['kind']>(['token', 'unauthorized', 'forbidden', 'throttled']);

/** Asks Entra ID, as often as the directory pass does, who is in the groups that were chosen; each group is a transaction. */
@Injectable()
export class GroupSyncJob implements OnModuleDestroy {
  private readonly runs: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly groups: GroupsRepository,
    private readonly syncs: GroupSync,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: GROUP_SYNC_JOB,
      concurrent: CONCURRENT_RUNS,
      leaseSeconds: LEASE_SECONDS,
      what: 'group syncs',
      run: (run) => this.run(run),
    });
  }

  @Interval('users.group-sync.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** One look at the schedule: opens what became due and starts what waits. Returns before the runs end. */
  async tick(): Promise<void> {
    if (this.settings.ENTRA_CLIENT_ID === undefined) return;
    await this.runs.look(async () => {
      for (const tenant of await this.tenants.listSignInAllowed()) {
        await this.slots.openDueSlots(GROUP_SYNC_JOB, tenant.id, this.settings.DIRECTORY_PASS_INTERVAL_SECONDS);
      }
    });
  }

  /** Resolves when the runs of now have ended. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const { read, faults } = await this.slots.withLease(run, (lease) =>
        this.syncAll(run, AbortSignal.any([lease, this.runs.signal])),
      );
      const [first] = faults;
      if (first === undefined) await this.transactions.run((tx) => this.slots.complete(tx, run, { read }));
      else
        await this.fail(run, `${faults.length} of ${read + faults.length} groups could not be read: ${first.message}`);
    } catch (error) {
      if (this.runs.signal.aborted) await this.slots.release(run);
      else await this.fail(run, error instanceof Error ? error.message : 'the sync failed', error);
    }
  }

  /** @returns how many groups were read, and what was in the way of others */
  private async syncAll(run: SlotRun, signal: AbortSignal): Promise<{ read: number; faults: GraphFault[] }> {
    const ids = await this.transactions.read((tx) => this.groups.findChosen(tx, run.key));
    const result = { read: 0, faults: [] as GraphFault[] };
    for (const id of ids) {
      signal.throwIfAborted();
      const group = await this.transactions.read((tx) => this.groups.find(tx, id));
      if (group === null || group.objectId === null) continue;
      const fault = await this.syncs.sync(ACTOR, { ...group, objectId: group.objectId }, signal, (tx) =>
        this.slots.assertFence(tx, run),
      );
      if (fault === null) result.read += 1;
      else result.faults.push(fault);
      if (fault !== null && HOPELESS.has(fault.kind)) break;
    }
    return result;
  }

  private async fail(run: SlotRun, reason: string, cause?: unknown): Promise<void> {
    this.logger.warn(
      { err: cause, tenantId: run.key, reason },
      'groups could not be read; their members stay as they were',
    );
    await this.transactions.run((tx) => this.slots.fail(tx, run, reason, false));
  }
}
