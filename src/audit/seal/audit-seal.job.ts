import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Gauge } from 'prom-client';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { AuditSealer } from './audit-sealer.service.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { CheckpointPublisher } from './checkpoint-publisher.service.js';
import { PendingRecordsRepository } from './pending-records.repository.js';
import { TreeRefused } from './tree-refused.js';

const INTERVAL_MS = 500;
/** After a failure: a database that is away isn't asked twice a second. */
const RETRY_MS = 5000;
/** A batch takes a second or two. */
const STUCK_MS = 2 * 60_000;

/** Seals what was recorded, twice a second, in every instance that works; whoever finds another at it leaves it to that one. */
@Injectable()
export class AuditSealJob implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private isCompared = false;
  /** Since when another one holds the log at which size. */
  private held: { size: number; since: number } | null = null;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    private readonly pending: PendingRecordsRepository,
    private readonly sealer: AuditSealer,
    private readonly publisher: CheckpointPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditUnsealed) private readonly unsealed: Gauge,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sealer.makeTree();
    try {
      await this.compareKept();
    } catch (error) {
      // The service runs on, and says so wherever it is asked for the log.
      if (!(error instanceof TreeRefused)) throw error;
      this.logger.error({ err: error }, 'the audit trail is not the one that was published; nothing of it is sealed');
    }
    if (this.settings.PROCESS_ROLE !== 'api') this.schedule(INTERVAL_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Why this process seals nothing, as of its last try; null where nothing keeps it from it. */
  get refusal(): string | null {
    return this.sealer.refusal;
  }

  /** Seals what waits, unless another instance is at it, and publishes the checkpoints. */
  async sealAll(): Promise<void> {
    // Less than a full batch was all that waited. What has come since can wait for the next time: under load, sealing a few records
    // after each other would cost more than the requests that they tell of.
    try {
      if (!this.isCompared) await this.compareKept();
      let taken: number | null;
      do taken = await this.sealer.sealBatch();
      while (taken !== null && this.sealer.wasFull);
      if (taken !== null) await this.publisher.publish();
      await this.lookAtWaiting(taken !== null);
    } catch (error) {
      // The failure is what the log has to say, whatever becomes of this.
      await this.lookAtWaiting(true).catch(() => undefined);
      throw error;
    }
  }

  /**
   * How long the oldest record has waited, above all while nothing can be sealed. Whoever holds the row of the tree and seals nothing
   * holds up all instances.
   */
  private async lookAtWaiting(wasOurs: boolean): Promise<void> {
    const [seconds, size] = await this.transactions.read(async (tx) => [
      await this.pending.age(tx),
      (await this.tree.findTree(tx))?.size ?? 0,
    ]);
    this.unsealed.set(seconds);
    const now = performance.now();
    if (wasOurs || seconds === 0 || this.held === null || this.held.size !== size) {
      this.held = wasOurs || seconds === 0 ? null : { size, since: now };
      this.sealer.sayStuck(null);
    } else if (now - this.held.since >= STUCK_MS) {
      this.sealer.sayStuck(
        `records of the audit trail wait, and whoever holds the row of audit_trees has sealed none for ${Math.floor((now - this.held.since) / 60_000)} minutes: pg_locks says who (docs/operations/audit-log-refused.md)`,
      );
    }
  }

  /** What was published is kept where whoever writes to the database doesn't reach: the tree has to go on from there. */
  private async compareKept(): Promise<void> {
    try {
      const kept = await this.publisher.largestKept();
      if (kept !== null) this.sealer.remember(kept);
      this.sealer.holdBack(null);
    } catch (error) {
      if (error instanceof TreeRefused) this.sealer.holdBack(error.message);
      throw error;
    }
    this.isCompared = true;
    await this.sealer.compareWithKnown();
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.tick();
    }, delayMs);
    this.timer.unref();
  }

  private async tick(): Promise<void> {
    let delayMs = INTERVAL_MS;
    try {
      await this.sealAll();
    } catch (error) {
      this.logger.error({ err: error }, 'the audit trail could not be sealed; trying again');
      delayMs = RETRY_MS;
    }
    this.schedule(delayMs);
  }
}
