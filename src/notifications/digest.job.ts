import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../config/settings.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { SlotRuns } from '../jobs/slot-runs.js';
import { newId } from '../kernel/ids/ids.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';
import { Outbox } from '../outbox/outbox.service.js';
import { digestData } from './digest-data.js';
import { DigestItemsRepository } from './digest-items.repository.js';

/** The job's name among the slots; its key is the webhook_endpoints.id. */
export const DIGEST_JOB = 'notifications.digest';
const TICK_MS = 10_000;
const LEASE_SECONDS = 30;
const CONCURRENT = 2;
/** Of one digest; more is counted and not told apart. */
const MOST_READ = 500;

/** At the end of each interval of an endpoint, on one instance: one message with all that was put aside for it, if anything was. */
@Injectable()
export class DigestJob implements OnModuleDestroy {
  private readonly runs: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly slots: JobSlots,
    private readonly transactions: TransactionRunner,
    private readonly items: DigestItemsRepository,
    private readonly outbox: Outbox,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: DIGEST_JOB,
      concurrent: CONCURRENT,
      leaseSeconds: LEASE_SECONDS,
      what: 'webhook digests',
      run: (run) => this.run(run),
    });
  }

  @Interval('notifications.digest.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.look();
  }

  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  /** One look at the schedule; returns before a run ends. */
  look(): Promise<void> {
    return this.runs.look(async () => {
      const schedules = await this.transactions.read((tx) => this.items.findSchedules(tx));
      for (const { endpointId, intervalSeconds } of schedules) {
        await this.slots.openDueSlots(DIGEST_JOB, endpointId, intervalSeconds);
      }
    });
  }

  /** Resolves when the runs of now have ended. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const told = await this.transactions.run((tx) => this.send(tx, run));
      if (told > 0) this.logger.info({ endpointId: run.key, events: told }, 'a webhook digest was made');
    } catch (error) {
      if (this.runs.signal.aborted) return this.slots.release(run);
      this.logger.warn({ err: error, endpointId: run.key }, 'a webhook digest could not be made');
      await this.transactions.run((tx) => this.slots.fail(tx, run, 'The log of the instance says why.', true));
    }
  }

  /** What waits, the message and the end of the slot: all of it or nothing. */
  private async send(tx: Transaction, run: SlotRun): Promise<number> {
    await this.slots.assertFence(tx, run);
    const digestId = newId();
    const { eventIds, since } = await this.items.take(tx, run.key, run.slotAt, digestId);
    if (since !== null) {
      const events: StoredOutboxEvent[] = [];
      for (const id of eventIds.slice(0, MOST_READ)) {
        const event = await this.outbox.get(tx, id);
        if (event !== null) events.push(event);
      }
      const span = { endpointId: run.key, from: since, to: run.slotAt };
      const data = digestData(span, events, eventIds.length - events.length);
      await this.outbox.append(tx, { type: 'drift.digest', tenantId: null, data }, digestId);
    }
    await this.slots.complete(tx, run, { events: eventIds.length });
    return eventIds.length;
  }
}
