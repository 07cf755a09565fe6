import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditEntry } from '../audit/audit.types.js';
import type { Transaction } from '../database/transaction-runner.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import type { EndedDelivery } from './webhook-deliveries.repository.js';

/**
 * Each of them is recorded, and the record makes the next checkpoint due: of those that arrived none is written down, or a log in
 * which nothing happens would go on for ever about its own checkpoints.
 */
const UNRECORDED_WHEN_DELIVERED = 'audit.checkpoint.signed';

/** What became of deliveries, on record in the transaction that ends them. Tries that are followed by another are only counted. */
@Injectable()
export class EndedDeliveries {
  constructor(private readonly audit: AuditService) {}

  async record(tx: Transaction, actor: Actor, ended: readonly EndedDelivery[]): Promise<void> {
    const told = ended.filter(({ status, eventType }) => status === 'dead' || eventType !== UNRECORDED_WHEN_DELIVERED);
    await this.audit.recordAll(tx, actor, told.map(entryOf));
  }
}

/** Neither where it went nor what was sent: the endpoint's record says the one, the event is the other. */
function entryOf(delivery: EndedDelivery): AuditEntry {
  const { id, tenantId, endpointId, endpointDescription, eventId, eventType } = delivery;
  const { status, attempts, lastStatus, lastError } = delivery;
  const delivered = status === 'delivered';
  return {
    action: WEBHOOK_ACTIONS[delivered ? 'webhooks.delivery.delivered' : 'webhooks.delivery.given-up'],
    tenantId,
    target: { type: 'webhook-delivery', id, displayName: `${eventType} to ${endpointDescription}` },
    outcome: delivered ? 'success' : 'failure',
    ...(delivered || lastError === null ? {} : { reason: lastError }),
    after: { status, attempts, httpStatus: lastStatus, endpointId, eventId, eventType },
  };
}
