import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { AccessReviewsRepository } from './access-reviews.repository.js';
import { ReviewEnd } from './review-end.service.js';

/** The job's name among the slots; its key is the access_reviews.id. */
export const REVIEW_END_JOB = 'rbac.review-end';
const TICK_MS = 1000;
/** Reviews ended at once by one process; each waits for the lock of access for each of its items. */
const CONCURRENT_ENDS = 2;
const OPENED_PER_TICK = 20;
/** Short, so that another instance soon goes on where one crashed. */
const LEASE_SECONDS = 15;

/** Ends each review once, when it is due by the database's clock. */
@Injectable()
export class ReviewEndJob implements OnModuleDestroy {
  private readonly running = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private ticking = false;

  constructor(
    private readonly settings: Settings,
    private readonly reviews: AccessReviewsRepository,
    private readonly end: ReviewEnd,
    private readonly slots: JobSlots,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval('rbac.review-end.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** Opens a slot for each review that became due, and starts those that wait. Returns before they end. */
  async tick(): Promise<void> {
    if (this.ticking || this.shutdown.signal.aborted) return;
    this.ticking = true;
    try {
      const due = await this.transactions.read((tx) => this.reviews.findDue(tx, REVIEW_END_JOB, OPENED_PER_TICK));
      for (const id of due) {
        await this.transactions.run((tx) =>
          this.slots.openManual(tx, REVIEW_END_JOB, id, systemActor('rbac.access-review')),
        );
      }
      while (this.running.size < CONCURRENT_ENDS && !this.shutdown.signal.aborted) {
        const run = await this.slots.claim(REVIEW_END_JOB, undefined, { leaseSeconds: LEASE_SECONDS });
        if (run === null) break;
        this.start(run);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'the access reviews that are due could not be looked at; trying again');
    } finally {
      this.ticking = false;
    }
  }

  /** Resolves when the ends that run now are done. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  /** What was done so far stands; the slot goes back for another instance. */
  async onModuleDestroy(): Promise<void> {
    this.shutdown.abort(new Error('the process is stopping'));
    await this.settled();
  }

  private start(run: SlotRun): void {
    const work = this.run(run).catch((error: unknown) => {
      this.logger.error({ err: error, slotId: run.id }, 'what became of the end of an access review was not recorded');
    });
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      await this.slots.withLease(run, (lease) => this.end.run(run, AbortSignal.any([lease, this.shutdown.signal])));
    } catch (error) {
      if (this.shutdown.signal.aborted) return this.slots.release(run);
      this.logger.warn({ err: error, reviewId: run.key }, 'an access review could not be ended; it is tried again');
      const reason = error instanceof Error ? error.message : 'it failed';
      await this.transactions.run((tx) => this.slots.fail(tx, run, reason, true));
    }
  }
}
