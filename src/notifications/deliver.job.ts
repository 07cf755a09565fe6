import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { systemActor } from '../access/actor.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { newId } from '../kernel/ids/ids.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { Outbox } from '../outbox/outbox.service.js';
import { DELIVER_TASK, deliverJobKey } from './deliver-task.js';
import { DeliveryPlaces } from './delivery-places.js';
import { EndedDeliveries } from './ended-deliveries.service.js';
import { EndpointHealthRepository } from './endpoint-health.repository.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import {
  DISABLED_AFTER_FAILING_SECONDS,
  delayBeforeNextAttempt,
  FAILURE_GAP_SECONDS,
  pauseAfterFailure,
} from './retry-schedule.js';
import { webhookBody } from './webhook-body.js';
import { type ClaimedDelivery, WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';
import { type SendOutcome, WebhookSender } from './webhook-sender.service.js';

const ACTOR = systemActor('notifications.delivery');
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60;
/** Then the job makes room for other endpoints and comes back. */
const DELIVERIES_A_JOB = 50;
/** After a fault of our own; without it a delivery that stays due would be taken up again at once, for ever. */
const PAUSE_AFTER_FAULT_SECONDS = 30;
/** How long an endpoint waits that found no place, and up to so much longer. */
const WAIT_FOR_PLACE_SECONDS = 1;
const WAIT_FOR_PLACE_SPREAD_SECONDS = 2;

/** Delivers what is due to an endpoint, and sees to it that what failed is tried again when its time has come. */
@Injectable()
export class DeliverJob implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpoints,
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    private readonly seals: EndpointSeals,
    private readonly health: EndpointHealthRepository,
    private readonly ended: EndedDeliveries,
    private readonly places: DeliveryPlaces,
    private readonly sender: WebhookSender,
    @InjectMetric(METRIC.webhookDeliveries) private readonly attempts: Counter,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.queue.register(DELIVER_TASK, (payload, { signal }) => this.serve(String(payload['endpointId']), signal));
  }

  /** As far as there is a place for it: receivers that hang must not hold up the others. */
  async serve(endpointId: string, signal: AbortSignal): Promise<void> {
    const failing = await this.transactions.read((tx) => this.health.isFailing(tx, endpointId));
    const leave = this.places.take(failing);
    if (leave === null) {
      const delaySeconds = WAIT_FOR_PLACE_SECONDS + Math.random() * WAIT_FOR_PLACE_SPREAD_SECONDS;
      await this.transactions.run((tx) => this.comeBack(tx, endpointId, delaySeconds));
      return;
    }
    try {
      await this.deliver(endpointId, signal);
    } finally {
      leave();
    }
  }

  private async deliver(endpointId: string, signal: AbortSignal): Promise<void> {
    const worker = newId();
    let leastDelaySeconds = PAUSE_AFTER_FAULT_SECONDS;
    try {
      for (let n = 0; n < DELIVERIES_A_JOB && !signal.aborted; n++) {
        const claimed = await this.transactions.read((tx) =>
          this.deliveries.claimNext(tx, endpointId, worker, LEASE_SECONDS),
        );
        if (claimed === null) break;
        await this.settle(claimed, await this.attempt(claimed, signal));
      }
      leastDelaySeconds = 0;
    } finally {
      await this.transactions.run(async (tx) => {
        await this.deliveries.releaseEndpoint(tx, endpointId, worker);
        const dueInSeconds = await this.deliveries.secondsUntilNext(tx, endpointId);
        if (dueInSeconds === null) return;
        await this.comeBack(tx, endpointId, Math.max(dueInSeconds, leastDelaySeconds));
      });
    }
  }

  private comeBack(tx: Transaction, endpointId: string, delaySeconds: number): Promise<void> {
    return this.queue.add(tx, DELIVER_TASK, { endpointId }, { jobKey: deliverJobKey(endpointId), delaySeconds });
  }

  private async attempt(claimed: ClaimedDelivery, signal: AbortSignal): Promise<SendOutcome> {
    const event = await this.transactions.read((tx) => this.outbox.get(tx, claimed.eventId));
    if (event === null) return notSent('The event of this delivery is no longer stored.');
    const { endpointId, sealedUrl, sealedSecret, previousSealedSecret } = claimed;
    const secrets: Buffer[] = [];
    let url: string;
    try {
      secrets.push(await this.seals.openSecret(endpointId, sealedSecret));
      if (previousSealedSecret !== null) {
        secrets.push(await this.seals.openPreviousSecret(endpointId, previousSealedSecret));
      }
      url = await this.seals.openUrl(endpointId, sealedUrl);
    } catch (error) {
      if (!(error instanceof DomainError) || !error.code.startsWith('keys.')) throw error;
      this.logger.error({ err: error, endpointId }, 'the signing secret or the URL of a webhook cannot be opened');
      return notSent('The signing secret or the URL cannot be opened. Check MASTER_KEY, or create the endpoint anew.');
    }
    return this.sender.send({ id: event.id, url, secrets, body: webhookBody(event) }, signal);
  }

  private async settle(claimed: ClaimedDelivery, outcome: SendOutcome): Promise<void> {
    const delay =
      outcome.kind === 'failed'
        ? delayBeforeNextAttempt(claimed.attempts, outcome.retryAfterSeconds, Math.random())
        : null;
    const status = outcome.kind === 'delivered' ? 'delivered' : delay === null ? 'dead' : 'pending';
    await this.transactions.run(async (tx) => {
      const wantsNoMore = await this.noteHealth(tx, claimed.endpointId, outcome);
      const ended = await this.deliveries.settle(tx, claimed, outcome, status, delay);
      if (ended !== null) await this.ended.record(tx, ACTOR, [ended]);
      if (wantsNoMore !== null) await this.endpoints.disable(tx, ACTOR, claimed.endpointId, wantsNoMore);
    });
    this.attempts.inc({ outcome: status === 'pending' ? 'retry' : status });
    const fields = {
      deliveryId: claimed.id,
      endpointId: claimed.endpointId,
      eventId: claimed.eventId,
      attempt: claimed.attempts,
      status: outcome.status,
      durationMs: outcome.durationMs,
      reason: outcome.error,
    };
    if (status === 'dead') this.logger.warn(fields, 'a webhook was given up; it is kept and can be replayed');
    else this.logger.info(fields, status === 'delivered' ? 'webhook delivered' : 'webhook failed; it is tried again');
  }

  /**
   * What an attempt says of the receiver. The endpoint is locked by it: before its deliveries.
   *
   * @returns why the endpoint is to be disabled; null when it isn't
   */
  private async noteHealth(tx: Transaction, endpointId: string, outcome: SendOutcome): Promise<string | null> {
    if (outcome.kind === 'gone') {
      await this.endpoints.hold(tx, endpointId);
      return 'The receiver answered 410 Gone.';
    }
    if (outcome.kind === 'delivered') {
      await this.health.succeeded(tx, endpointId);
      return null;
    }
    if (outcome.isOurs) return null;
    const health = await this.health.failed(tx, endpointId, FAILURE_GAP_SECONDS, DISABLED_AFTER_FAILING_SECONDS);
    if (health === null) return null;
    if (health.exhausted) {
      return `The receiver has failed for ${DISABLED_AFTER_FAILING_SECONDS / 86_400} days without one success.`;
    }
    await this.health.pause(tx, endpointId, pauseAfterFailure(health.failures, outcome.retryAfterSeconds));
    return null;
  }
}

function notSent(error: string): SendOutcome {
  return { kind: 'failed', status: null, error, retryAfterSeconds: null, durationMs: 0, isOurs: true };
}
