import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { JobQueue } from '../../jobs/job-queue.service.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { BulkDecisionsRepository } from './bulk-decisions.repository.js';
import { BulkDecisions, DECIDE_IN_BULK } from './bulk-decisions.service.js';

const LOOK_INTERVAL_MS = 20_000;
/** Longer than any statement may take: a row takes a few. */
const STALLED_SECONDS = 60;

/**
 * Lets decisions on many changes go on whose instance was killed: its job stays locked in the queue for hours, and the queue with it,
 * but what waits to be decided is known.
 */
@Injectable()
export class StalledBulkDecisions {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly bulks: BulkDecisionsRepository,
    private readonly decisions: BulkDecisions,
    private readonly queue: JobQueue,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval('drift.bulk-decisions.look', LOOK_INTERVAL_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE === 'api') return;
    try {
      await this.look();
    } catch (error) {
      this.logger.warn({ err: error }, 'decisions that stopped could not be looked for');
    }
  }

  /** One look. A job that is at work after all does no harm beside another: rows are taken one by one. */
  async look(): Promise<void> {
    const freed = await this.transactions.run(async (tx) => {
      const ids = await this.bulks.findStalled(tx, STALLED_SECONDS);
      if (ids.length === 0) return false;
      const wasHeld = await this.queue.freeQueue(tx, DECIDE_IN_BULK);
      for (const id of ids) await this.decisions.enqueue(tx, id);
      return wasHeld;
    });
    if (freed) this.logger.warn({}, 'decisions that a killed instance was at go on');
  }
}
