import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { type RetentionRule, RetentionRules } from '../../jobs/retention-rules.js';
import { SlotRuns } from '../../jobs/slot-runs.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { PartitionDrops } from './partition-drop.service.js';

/** The job's name among the slots; its key says that there is one for the installation. */
export const RETENTION_JOB = 'audit.retention';
export const RETENTION_KEY = 'installation';
const ACTOR = systemActor('audit.retention');
const TICK_MS = 10_000;
const DAY_SECONDS = 86_400;
const LEASE_SECONDS = 60;
/** A process that is away for so long still finds a partition to append to. */
const MONTHS_AHEAD = 3;
/** Rows of one statement. */
const BATCH_ROWS = 500;

/** Once a day: partitions are made ahead, rows that nobody needs any more go, and months of the trail whose time is over. */
@Injectable()
export class RetentionJob implements OnModuleDestroy {
  private readonly runs: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly slots: JobSlots,
    private readonly rules: RetentionRules,
    private readonly partitions: AuditPartitionsRepository,
    private readonly drops: PartitionDrops,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: RETENTION_JOB,
      concurrent: 1,
      leaseSeconds: LEASE_SECONDS,
      what: 'retention runs',
      run: (run) => this.run(run),
    });
  }

  @Interval('audit.retention.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** One look at the schedule. Returns before a run that it starts ends. */
  async tick(): Promise<void> {
    await this.runs.look(() => this.slots.openDueSlots(RETENTION_JOB, RETENTION_KEY, DAY_SECONDS));
  }

  /** Resolves when the run of now has ended. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      await this.slots.withLease(run, async (lease) => {
        const result = await this.keep(run, AbortSignal.any([lease, this.runs.signal]));
        await this.transactions.run((tx) => this.slots.complete(tx, run, result));
      });
    } catch (error) {
      if (this.runs.signal.aborted) return this.slots.release(run);
      const reason = error instanceof Error ? error.message : 'the run failed';
      this.logger.error({ err: error }, 'what is over could not be removed; trying again');
      await this.transactions.run((tx) => this.slots.fail(tx, run, reason, true));
    }
  }

  private async keep(run: SlotRun, signal: AbortSignal): Promise<JsonObject> {
    const made = await this.transactions.run((tx) => this.partitions.makeAhead(tx, MONTHS_AHEAD));
    const deleted: Record<string, number> = {};
    for (const rule of this.rules.all()) deleted[rule.name] = await this.deleteAll(rule, signal);
    const { dropped, kept } = await this.drops.dropDue(ACTOR, {
      signal,
      assertStillMine: (tx) => this.slots.assertFence(tx, run),
    });
    return { made, deleted, dropped, kept };
  }

  /** A batch is a transaction: what was deleted stays deleted, whoever fails then. */
  private async deleteAll(rule: RetentionRule, signal: AbortSignal): Promise<number> {
    for (let total = 0; ; ) {
      signal.throwIfAborted();
      const count = await this.transactions.run((tx) => rule.deleteBatch(tx, BATCH_ROWS));
      total += count;
      if (count < BATCH_ROWS) return total;
    }
  }
}
