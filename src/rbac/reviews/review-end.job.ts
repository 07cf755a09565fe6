import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { SlotRuns } from '../../jobs/slot-runs.js';
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
  private readonly runs: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly reviews: AccessReviewsRepository,
    private readonly end: ReviewEnd,
    private readonly slots: JobSlots,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: REVIEW_END_JOB,
      concurrent: CONCURRENT_ENDS,
      leaseSeconds: LEASE_SECONDS,
      what: 'access reviews',
      run: (run) => this.run(run),
    });
  }

  @Interval('rbac.review-end.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** Opens a slot for each review that became due, and starts those that wait. Returns before they end. */
  async tick(): Promise<void> {
    await this.runs.look(async () => {
      const due = await this.transactions.read((tx) => this.reviews.findDue(tx, REVIEW_END_JOB, OPENED_PER_TICK));
      for (const id of due) {
        await this.transactions.run((tx) =>
          this.slots.openManual(tx, REVIEW_END_JOB, id, systemActor('rbac.access-review')),
        );
      }
    });
  }

  /** Resolves when the ends that run now are done. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  /** What was done so far stands; the slot goes back for another instance. */
  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      await this.slots.withLease(run, (lease) => this.end.run(run, AbortSignal.any([lease, this.runs.signal])));
    } catch (error) {
      if (this.runs.signal.aborted) return this.slots.release(run);
      this.logger.warn({ err: error, reviewId: run.key }, 'an access review could not be ended; it is tried again');
      const reason = error instanceof Error ? error.message : 'it failed';
      await this.transactions.run((tx) => this.slots.fail(tx, run, reason, true));
    }
  }
}
