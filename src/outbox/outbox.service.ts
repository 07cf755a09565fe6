import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { newId } from '../kernel/ids/ids.js';
import { OUTBOX_EVENTS, type OutboxEvent, type StoredOutboxEvent } from './outbox.events.js';
import { OutboxRepository } from './outbox.repository.js';

/** The queue's task that hands one event to its receivers; whoever drains the outbox registers it. */
export const FAN_OUT_TASK = 'notifications.fan-out';

/** Standard Webhooks 1.0.0 wants payloads of at most 20 kB; the rest is for type, timestamp and punctuation. */
export const MAX_EVENT_DATA_BYTES = 20_000 - 200;

/** Size of an event's data as it is stored and sent. */
export function eventDataBytes(data: OutboxEvent['data']): number {
  return Buffer.byteLength(canonicalJson(data), 'utf8');
}

/** Facts that leave the house. They are written in the transaction that makes them true: no fact without its event, nor the other way round. */
@Injectable()
export class Outbox {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly events: OutboxRepository,
    private readonly queue: JobQueue,
  ) {}

  /**
   * Writes an event and the job that hands it out.
   *
   * @param id of the event, for one whose data names it (newId)
   * @returns its id, the `webhook-id` that receivers see
   * @throws Error when the data is larger than MAX_EVENT_DATA_BYTES: whoever writes events cuts them
   */
  async append(tx: Transaction, event: OutboxEvent, id = newId()): Promise<string> {
    const bytes = eventDataBytes(event.data);
    if (bytes > MAX_EVENT_DATA_BYTES) {
      throw new Error(`the data of ${event.type} has ${bytes} bytes; events carry at most ${MAX_EVENT_DATA_BYTES}`);
    }
    if (!Object.hasOwn(OUTBOX_EVENTS, event.type)) throw new Error(`${event.type} is not an event of the outbox`);
    await this.events.insert(tx, event, id);
    await this.queue.add(tx, FAN_OUT_TASK, { eventId: id }, { jobKey: `outbox-event:${id}` });
    return id;
  }

  get(tx: Transaction, id: string): Promise<StoredOutboxEvent | null> {
    return this.events.findById(tx, id);
  }

  /** Whether it was handed to its receivers; null when it isn't stored (any more). */
  isDispatched(tx: Transaction, id: string): Promise<boolean | null> {
    return this.events.isDispatched(tx, id);
  }

  /** In the transaction that takes the event over. */
  markDispatched(tx: Transaction, id: string): Promise<void> {
    return this.events.markDispatched(tx, id);
  }

  /**
   * Queues again what has waited too long: an instance that was killed keeps its job locked for hours.
   *
   * @returns how many events were queued
   */
  requeueOverdue(olderThanSeconds: number, limit: number): Promise<number> {
    return this.transactions.run(async (tx) => {
      const ids = await this.events.findOverdue(tx, olderThanSeconds, limit);
      for (const id of ids) await this.queue.add(tx, FAN_OUT_TASK, { eventId: id }, { jobKey: `outbox-event:${id}` });
      return ids.length;
    });
  }
}
