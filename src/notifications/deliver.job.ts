import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { systemActor } from '../access/actor.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { newId } from '../kernel/ids/ids.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { Outbox } from '../outbox/outbox.service.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { delayBeforeNextAttempt } from './retry-schedule.js';
import { webhookBody } from './webhook-body.js';
import { type ClaimedDelivery, WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';
import { type SendOutcome, WebhookSender } from './webhook-sender.service.js';

/** The queue's task that serves one endpoint: all that is due for it, one after another. */
export const DELIVER_TASK = 'notifications.deliver';

export function deliverJobKey(endpointId: string): string {
  return `webhook-endpoint:${endpointId}`;
}

const ACTOR = systemActor('notifications.delivery');
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60;
/** Then the job makes room for other endpoints and comes back. */
const DELIVERIES_A_JOB = 50;
/** After a fault of our own; without it a delivery that stays due would be taken up again at once, for ever. */
const PAUSE_AFTER_FAULT_SECONDS = 30;

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
    private readonly sender: WebhookSender,
    @InjectMetric(METRIC.webhookDeliveries) private readonly attempts: Counter,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.queue.register(DELIVER_TASK, (payload, { signal }) => this.serve(String(payload['endpointId']), signal));
  }

  async serve(endpointId: string, signal: AbortSignal): Promise<void> {
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
        const delaySeconds = Math.max(dueInSeconds, leastDelaySeconds);
        await this.queue.add(tx, DELIVER_TASK, { endpointId }, { jobKey: deliverJobKey(endpointId), delaySeconds });
      });
    }
  }

  private async attempt(claimed: ClaimedDelivery, signal: AbortSignal): Promise<SendOutcome> {
    const event = await this.transactions.read((tx) => this.outbox.get(tx, claimed.eventId));
    if (event === null) return notSent('The event of this delivery is no longer stored.');
    const { endpointId, sealedUrl, sealedSecret } = claimed;
    let secret: Buffer;
    let url: string;
    try {
      secret = await this.seals.openSecret(endpointId, sealedSecret);
      url = await this.seals.openUrl(endpointId, sealedUrl);
    } catch (error) {
      if (!(error instanceof DomainError) || !error.code.startsWith('keys.')) throw error;
      this.logger.error({ err: error, endpointId }, 'the signing secret or the URL of a webhook cannot be opened');
      return notSent('The signing secret or the URL cannot be opened. Check MASTER_KEY, or create the endpoint anew.');
    }
    return this.sender.send({ id: event.id, url, secret, body: webhookBody(event) }, signal);
  }

  private async settle(claimed: ClaimedDelivery, outcome: SendOutcome): Promise<void> {
    const delay =
      outcome.kind === 'failed'
        ? delayBeforeNextAttempt(claimed.attempts, outcome.retryAfterSeconds, Math.random())
        : null;
    const status = outcome.kind === 'delivered' ? 'delivered' : delay === null ? 'dead' : 'pending';
    await this.transactions.run(async (tx) => {
      if (outcome.kind === 'gone') await this.endpoints.hold(tx, claimed.endpointId);
      await this.deliveries.settle(tx, claimed, outcome, status, delay);
      if (outcome.kind === 'gone') await this.endpoints.disableGone(tx, ACTOR, claimed.endpointId);
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
}

function notSent(error: string): SendOutcome {
  return { kind: 'failed', status: null, error, retryAfterSeconds: null, durationMs: 0 };
}
