import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { DELIVER_TASK, deliverJobKey } from './deliver-task.js';
import { EndedDeliveries } from './ended-deliveries.service.js';
import { EndpointHealthRepository } from './endpoint-health.repository.js';
import { notificationsError } from './notifications.errors.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import { type DeliveryFilter, WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

/** What became of each event at each endpoint, and once more by hand. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly health: EndpointHealthRepository,
    private readonly ended: EndedDeliveries,
    private readonly audit: AuditService,
    private readonly queue: JobQueue,
  ) {}

  async list(filter: DeliveryFilter, limit: number, cursor?: string): Promise<Page<WebhookDelivery>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.deliveries.findPage(tx, filter, limit + 1, before)), limit);
  }

  /**
   * Starts a delivery that ended, well or not, from its first attempt again, with the same `webhook-id`: a receiver that has it
   * already can tell.
   *
   * @throws DomainError notifications.delivery_not_found, .delivery_pending, .endpoint_disabled
   */
  replay(actor: Actor, id: string): Promise<WebhookDelivery> {
    return this.transactions.run(async (tx) => {
      const delivery = await this.deliveries.findById(tx, id);
      if (delivery === null) throw notificationsError('notifications.delivery_not_found');
      // Locked, so that it isn't disabled between the look and the commit.
      const endpoint = await this.endpoints.findForUpdate(tx, delivery.endpointId);
      if (endpoint?.status !== 'enabled') throw notificationsError('notifications.endpoint_disabled');
      await this.ended.recordOwed(tx, { id });
      if (!(await this.deliveries.restart(tx, id))) throw notificationsError('notifications.delivery_pending');
      await this.health.forget(tx, endpoint.id);
      await this.queue.add(tx, DELIVER_TASK, { endpointId: endpoint.id }, { jobKey: deliverJobKey(endpoint.id) });
      await this.audit.record(tx, actor, {
        action: WEBHOOK_ACTIONS['webhooks.delivery.replayed'],
        tenantId: endpoint.tenantId,
        target: { type: 'webhook-delivery', id, displayName: `${delivery.eventType} to ${endpoint.description}` },
        outcome: 'success',
        before: { status: delivery.status, attempts: delivery.attempts },
        after: { status: 'pending', attempts: 0 },
      });
      return (await this.deliveries.findById(tx, id)) ?? delivery;
    });
  }
}
