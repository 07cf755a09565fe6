import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { GraphFault } from '../../entra/graph-fault.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
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
  private readonly running = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private ticking = false;

  constructor(
    private readonly settings: Settings,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly groups: GroupsRepository,
    private readonly syncs: GroupSync,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval('users.group-sync.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** One look at the schedule: opens what became due and starts what waits. Returns before the runs end. */
  async tick(): Promise<void> {
    const isConnected = this.settings.ENTRA_CLIENT_ID !== undefined;
    if (!isConnected || this.ticking || this.shutdown.signal.aborted) return;
    this.ticking = true;
    try {
      for (const tenant of await this.tenants.listSignInAllowed()) {
        await this.slots.openDueSlots(GROUP_SYNC_JOB, tenant.id, this.settings.DIRECTORY_PASS_INTERVAL_SECONDS);
      }
      while (this.running.size < CONCURRENT_RUNS && !this.shutdown.signal.aborted) {
        const run = await this.slots.claim(GROUP_SYNC_JOB, undefined, { leaseSeconds: LEASE_SECONDS });
        if (run === null) break;
        this.start(run);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'the schedule of group syncs could not be looked at; trying again');
    } finally {
      this.ticking = false;
    }
  }

  /** Resolves when the runs of now have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  async onModuleDestroy(): Promise<void> {
    this.shutdown.abort(new Error('the process is stopping'));
    await this.settled();
  }

  private start(run: SlotRun): void {
    const work = this.run(run).catch((error: unknown) => {
      this.logger.error({ err: error, slotId: run.id }, 'the outcome of a group sync could not be recorded');
    });
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const { read, faults } = await this.slots.withLease(run, (lease) =>
        this.syncAll(run, AbortSignal.any([lease, this.shutdown.signal])),
      );
      const [first] = faults;
      if (first === undefined) await this.transactions.run((tx) => this.slots.complete(tx, run, { read }));
      else
        await this.fail(run, `${faults.length} of ${read + faults.length} groups could not be read: ${first.message}`);
    } catch (error) {
      if (this.shutdown.signal.aborted) await this.slots.release(run);
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
