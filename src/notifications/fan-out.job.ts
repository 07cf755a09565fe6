import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../config/settings.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';
import { FAN_OUT_TASK, Outbox } from '../outbox/outbox.service.js';
import { DELIVER_TASK, deliverJobKey } from './deliver-task.js';
import { DigestItemsRepository } from './digest-items.repository.js';
import { routeEvent, routeResolution } from './route-event.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

const SWEEP_INTERVAL_MS = 20_000;
/** Longer than a job waits in a healthy queue. */
const OVERDUE_SECONDS = 30;
const SWEEP_LIMIT = 500;

/** Turns each event of the outbox into one delivery per endpoint that wants it at once, and puts it aside for the digests of others. */
@Injectable()
export class FanOutJob implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly outbox: Outbox,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly digestItems: DigestItemsRepository,
    private readonly queue: JobQueue,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.queue.register(FAN_OUT_TASK, (payload) => this.fanOut(String(payload['eventId'])));
  }

  /** Bears being run twice: an endpoint gets one delivery of an event. */
  fanOut(eventId: string): Promise<void> {
    return this.transactions.run(async (tx) => {
      const endpointIds = new Set<string>();
      await this.handOut(tx, eventId, endpointIds);
      await this.addDeliverJobs(tx, endpointIds);
    });
  }

  @Interval(SWEEP_INTERVAL_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.sweep();
  }

  /**
   * Finds what was lost with an instance that was killed: its jobs stay locked in the queue for hours, but the outbox and the
   * deliveries know what is due.
   */
  async sweep(): Promise<void> {
    try {
      const events = await this.outbox.requeueOverdue(OVERDUE_SECONDS, SWEEP_LIMIT);
      const endpoints = await this.transactions.run(async (tx) => {
        const ids = await this.deliveries.findOverdueEndpoints(tx, OVERDUE_SECONDS, SWEEP_LIMIT);
        await this.addDeliverJobs(tx, ids);
        return ids.length;
      });
      // Endpoints are locked before their jobs by everybody who locks both, so not after them here.
      await this.transactions.run((tx) => this.endpoints.eraseEndedSecrets(tx));
      if (events + endpoints > 0) this.logger.warn({ events, endpoints }, 'overdue webhooks were queued again');
    } catch (error) {
      this.logger.warn({ err: error }, 'overdue webhooks could not be looked for');
    }
  }

  /** @param endpointIds takes up who has something to get now */
  private async handOut(tx: Transaction, eventId: string, endpointIds: Set<string>): Promise<void> {
    const event = await this.outbox.get(tx, eventId);
    if (event === null) return;
    const told = await this.whoWasTold(tx, event, endpointIds);
    const now: string[] = [];
    const later: string[] = [];
    for (const endpoint of await this.endpoints.findEnabled(tx)) {
      const { id } = endpoint;
      const route =
        told === null ? routeEvent(endpoint, event) : routeResolution(endpoint, event, told.get(id) ?? null);
      if (route === 'now') now.push(id);
      if (route === 'digest') later.push(id);
    }
    if (now.length > 0) await this.deliveries.insertForEvent(tx, event, now);
    if (later.length > 0) await this.digestItems.insert(tx, eventId, later);
    for (const id of now) endpointIds.add(id);
    await this.outbox.markDispatched(tx, eventId);
  }

  /**
   * Of the message that an alert is resolved: who was told of the alert, and how. That one is handed out first should it still wait.
   * Null for every other event, and when nobody was told or it isn't known any more.
   */
  private async whoWasTold(
    tx: Transaction,
    { type, data }: StoredOutboxEvent,
    endpointIds: Set<string>,
  ): Promise<Map<string, 'now' | 'digest'> | null> {
    const { alertId } = data;
    if (type !== 'drift.changes.resolved' || typeof alertId !== 'string') return null;
    const dispatched = await this.outbox.isDispatched(tx, alertId);
    if (dispatched === null) return null;
    if (!dispatched) await this.handOut(tx, alertId, endpointIds);
    const told = await this.deliveries.findTold(tx, alertId);
    return told.size === 0 ? null : told;
  }

  /** A job that waits is locked by this: all of a transaction at its end and in one order, so that no two wait for each other. */
  private async addDeliverJobs(tx: Transaction, endpointIds: Iterable<string>): Promise<void> {
    for (const endpointId of [...endpointIds].sort())
      await this.queue.add(tx, DELIVER_TASK, { endpointId }, { jobKey: deliverJobKey(endpointId) });
  }
}
