import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { DeliverJob } from './deliver.job.js';
import { DeliveryPlaces } from './delivery-places.js';
import { DigestJob } from './digest.job.js';
import { DigestItemsRepository } from './digest-items.repository.js';
import { EndedDeliveries } from './ended-deliveries.service.js';
import { EndpointHealthRepository } from './endpoint-health.repository.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { FanOutJob } from './fan-out.job.js';
import { WatchedEndpoints } from './watched-endpoints.service.js';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';
import { WebhookRetention } from './webhook-retention.js';
import { WebhookSender } from './webhook-sender.service.js';

/** Tells receivers outside what the outbox holds: signed webhooks, retried over days, then kept as dead letters; digests of the rest. */
@Module({
  imports: [AuditModule, JobsModule, OutboxModule, TenantsModule],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
  providers: [
    EndpointSeals,
    WebhookEndpoints,
    WebhookEndpointsRepository,
    WebhookDeliveries,
    WebhookDeliveriesRepository,
    EndpointHealthRepository,
    EndedDeliveries,
    DigestItemsRepository,
    DigestJob,
    DeliveryPlaces,
    WebhookSender,
    FanOutJob,
    DeliverJob,
    WebhookRetention,
    WatchedEndpoints,
  ],
  exports: [WatchedEndpoints],
})
export class NotificationsModule {}
