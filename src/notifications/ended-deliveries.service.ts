import { Injectable } from '@nestjs/common';
import { type Actor, systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditEntry } from '../audit/audit.types.js';
import type { Transaction } from '../database/transaction-runner.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import { type EndedDelivery, WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';

/** Each of them is recorded, and the record makes the next checkpoint due. */
const OF_CHECKPOINTS = 'audit.checkpoint.signed';
const DELIVERED = WEBHOOK_ACTIONS['webhooks.delivery.delivered'];
const ACTOR = systemActor('notifications.delivery');
/** Records that are made at once. */
const OWED_AT_ONCE = 1000;

/**
 * What became of deliveries, on record in the transaction that ends them. Tries that are followed by another are only counted. That a
 * checkpoint arrived is recorded as soon as anything else was: a log in which nothing happens would go on for ever about its own
 * checkpoints.
 */
@Injectable()
export class EndedDeliveries {
  constructor(
    private readonly audit: AuditService,
    private readonly deliveries: WebhookDeliveriesRepository,
  ) {}

  async record(tx: Transaction, actor: Actor, ended: readonly EndedDelivery[]): Promise<void> {
    const isOwed = ({ status, eventType }: EndedDelivery) => status === 'delivered' && eventType === OF_CHECKPOINTS;
    await this.audit.recordAll(tx, actor, ended.filter((one) => !isOwed(one)).map(entryOf));
    const owed = ended.filter(isOwed).map(({ id }) => id);
    if (owed.length === 0) return;
    await this.deliveries.owe(tx, owed);
    const since = await this.deliveries.owedSince(tx);
    const isIdle = since === null || !(await this.audit.wentOnSince(tx, since, DELIVERED, nameOf(OF_CHECKPOINTS, '')));
    if (!isIdle) await this.recordOwed(tx, {});
  }

  /** Before a delivery starts again, or its endpoint changes or goes. */
  async recordOwed(tx: Transaction, of: { id?: string; endpointId?: string }): Promise<void> {
    for (let taken = OWED_AT_ONCE; taken === OWED_AT_ONCE; ) {
      const owed = await this.deliveries.takeOwed(tx, of, OWED_AT_ONCE);
      await this.audit.recordAll(tx, ACTOR, owed.map(entryOf));
      taken = owed.length;
    }
  }
}

function nameOf(eventType: string, endpointDescription: string): string {
  return `${eventType} to ${endpointDescription}`;
}

/** Neither where it went nor what was sent: the endpoint's record says the one, the event is the other. */
function entryOf(delivery: EndedDelivery): AuditEntry {
  const { id, tenantId, endpointId, endpointDescription, eventId, eventType } = delivery;
  const { status, attempts, lastStatus, lastError } = delivery;
  const delivered = status === 'delivered';
  return {
    action: WEBHOOK_ACTIONS[delivered ? 'webhooks.delivery.delivered' : 'webhooks.delivery.given-up'],
    tenantId,
    target: { type: 'webhook-delivery', id, displayName: nameOf(eventType, endpointDescription) },
    outcome: delivered ? 'success' : 'failure',
    ...(delivered || lastError === null ? {} : { reason: lastError }),
    after: { status, attempts, httpStatus: lastStatus, endpointId, eventId, eventType },
  };
}
