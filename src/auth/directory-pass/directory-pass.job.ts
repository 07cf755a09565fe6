import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { SlotRuns } from '../../jobs/slot-runs.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { DirectoryPass, type PassResult } from './directory-pass.service.js';

/** The job's name among the slots; its key is the tenants.id. */
export const DIRECTORY_PASS_JOB = 'auth.directory-pass';
const TICK_MS = 1000;
/** Tenants asked about at once by one process. */
const CONCURRENT_PASSES = 4;
/** Short, so that another instance soon takes over the pass of one that crashed. */
const LEASE_SECONDS = 15;
/** What a pass needs to be allowed to see; Directory.Read.All, which scans need, includes it. */
const PERMISSION = 'User.Read.All';

/** Opens the slots of every tenant whose people may sign in as they become due, and runs the passes, each tenant's by itself. */
@Injectable()
export class DirectoryPassJob implements OnModuleDestroy {
  private readonly runs: SlotRuns;
  /** Tenants of which the log has said already that a permission is missing. */
  private readonly toldForbidden = new Set<string>();

  constructor(
    private readonly settings: Settings,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly pass: DirectoryPass,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: DIRECTORY_PASS_JOB,
      concurrent: CONCURRENT_PASSES,
      leaseSeconds: LEASE_SECONDS,
      what: 'directory passes',
      run: (run) => this.run(run),
    });
  }

  @Interval('auth.directory-pass.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** One look at the schedule: opens what became due and starts what waits. Returns before the passes end. */
  async tick(): Promise<void> {
    if (this.settings.ENTRA_CLIENT_ID === undefined) return;
    await this.runs.look(async () => {
      for (const tenant of await this.tenants.listSignInAllowed()) {
        await this.slots.openDueSlots(DIRECTORY_PASS_JOB, tenant.id, this.settings.DIRECTORY_PASS_INTERVAL_SECONDS);
      }
    });
  }

  /** Resolves when the passes that run now have ended. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  /** What a pass did so far stands: each person is a transaction. The slot goes back for another instance. */
  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const tenant = await this.tenants.get(run.key);
      const result = await this.slots.withLease(run, (lease) =>
        this.pass.run(tenant, run, AbortSignal.any([lease, this.runs.signal])),
      );
      await this.record(run, result);
    } catch (error) {
      if (this.runs.signal.aborted) await this.slots.release(run);
      else await this.fail(run, error instanceof Error ? error.message : 'the pass failed', error);
    }
  }

  private async record(run: SlotRun, result: PassResult): Promise<void> {
    const { asked, unanswered, withheld, reason } = result;
    this.tellForbidden(run.key, result);
    if (withheld > 0) {
      await this.fail(
        run,
        `Graph knows none of the ${withheld} people who are signed in here, so nobody was signed out. Is it the right directory?`,
      );
    } else if (unanswered > 0 && unanswered === asked) {
      await this.fail(run, `Entra ID answered about nobody: ${reason ?? 'there is no answer'}`);
    } else {
      await this.transactions.run((tx) => this.slots.complete(tx, run, { ...result }));
    }
  }

  /** @param cause what was thrown, perhaps half-way; without one the pass looked at everybody and took nothing from them */
  private async fail(run: SlotRun, reason: string, cause?: unknown): Promise<void> {
    this.logger.warn(
      { err: cause, tenantId: run.key, reason },
      cause === undefined
        ? 'a directory pass failed; nobody was signed out by it'
        : 'a directory pass broke off; whom it signed out before that stays signed out, the others are asked again',
    );
    await this.transactions.run((tx) => this.slots.fail(tx, run, reason, false));
  }

  private tellForbidden(tenantId: string, { forbidden, asked, unanswered }: PassResult): void {
    if (forbidden && !this.toldForbidden.has(tenantId)) {
      this.toldForbidden.add(tenantId);
      this.logger.error(
        { tenantId, permission: PERMISSION },
        `Microsoft Graph does not say whether accounts are enabled: grant the application permission ${PERMISSION} with admin consent. Until then nobody who is disabled in Entra ID is signed out here.`,
      );
    }
    if (asked > 0 && unanswered === 0) this.toldForbidden.delete(tenantId);
  }
}
