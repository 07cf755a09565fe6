import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AuditService } from '../../audit/audit.service.js';
import { Settings } from '../../config/settings.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { LostRun, SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots, MAX_ATTEMPTS } from '../../jobs/job-slots.service.js';
import { SlotRuns } from '../../jobs/slot-runs.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { REMEDIATION_JOB } from './remediation.types.js';
import { REMEDIATION_ACTOR, RemediationRun } from './remediation-run.service.js';
import { type Ending, RemediationsRepository } from './remediations.repository.js';

const TICK_MS = 1000;
/** Tenants in which one process executes plans at once. */
const CONCURRENT_RUNS = 2;
/** A request that is under way may end, and its answer be recorded, before the process does. */
const GRACE_MS = 5000;
const LEASE_SECONDS = 15;
const EXPIRED_AT_A_TIME = 100;

/** Runs what is approved, each tenant's by itself and one at a time, and ends what nobody ran within its day. */
@Injectable()
export class RemediationJob implements OnModuleDestroy {
  private readonly work: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly runs: RemediationRun,
    private readonly remediations: RemediationsRepository,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.work = new SlotRuns(slots, logger, {
      job: REMEDIATION_JOB,
      concurrent: CONCURRENT_RUNS,
      leaseSeconds: LEASE_SECONDS,
      graceMs: GRACE_MS,
      what: 'executions of plans',
      onLost: (tx, lost) => this.lost(tx, lost),
      run: (run) => this.run(run),
    });
  }

  @Interval('drift.remediate.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** Ends what expired and starts what waits. Returns before the runs end. */
  tick(): Promise<void> {
    return this.work.look(() => this.expire());
  }

  /** Resolves when the runs of now have ended. */
  settled(): Promise<void> {
    return this.work.settled();
  }

  onModuleDestroy(): Promise<void> {
    return this.work.stop();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const tenant = await this.tenants.get(run.key);
      await this.slots.withLease(run, (lease) =>
        this.runs.work(tenant, run, AbortSignal.any([lease, this.work.signal])),
      );
    } catch (error) {
      if (this.work.signal.aborted) await this.slots.release(run);
      else await this.failed(run, error);
    }
  }

  /** Not for want of an answer by the tenant, which ends the execution and not the run: something of ours was away. */
  private async failed(run: SlotRun, error: unknown): Promise<void> {
    this.logger.warn({ err: error, slotId: run.id }, 'an execution broke off; what it came to is looked at again');
    await this.transactions.run(async (tx) => {
      const reason = 'A fault of ours; the log has it.';
      const isMine = await this.slots.fail(tx, run, reason, true);
      if (isMine && run.attempt >= MAX_ATTEMPTS) await this.lost(tx, { run, reason });
    });
  }

  /** The run was lost for good: what it was at ends, and what waits behind it has its turn. */
  private async lost(tx: Transaction, { run }: LostRun): Promise<void> {
    const id = await this.remediations.findRunning(tx, run.key);
    if (id !== null)
      await this.end(tx, { id, tenantId: run.key }, 'failed', 'The service stopped on the way, again and again.');
    await this.slots.openManual(tx, REMEDIATION_JOB, run.key, REMEDIATION_ACTOR);
  }

  private expire(): Promise<void> {
    return this.transactions.run(async (tx) => {
      for (const one of await this.remediations.findExpired(tx, EXPIRED_AT_A_TIME))
        await this.end(tx, one, 'expired', 'Nobody approved and ran it within its day.');
    });
  }

  private async end(
    tx: Transaction,
    { id, tenantId }: { id: string; tenantId: string },
    status: Ending,
    outcome: string,
  ): Promise<void> {
    if (!(await this.remediations.finish(tx, id, status, outcome))) return;
    await this.audit.record(tx, REMEDIATION_ACTOR, {
      action: DRIFT_ACTIONS['drift.remediation.finished'],
      tenantId,
      target: { type: 'drift-remediation', id },
      outcome: 'failure',
      reason: outcome,
      after: { status },
    });
  }
}
