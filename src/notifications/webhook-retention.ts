import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../jobs/retention-rules.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';

/** Deliveries that ended, well or dead. */
export const DELIVERIES_KEPT_DAYS = 90;

@Injectable()
export class WebhookRetention {
  constructor(rules: RetentionRules, deliveries: WebhookDeliveriesRepository) {
    rules.register({
      name: 'notifications.deliveries',
      deleteBatch: (tx, limit) => deliveries.deleteEnded(tx, DELIVERIES_KEPT_DAYS, limit),
    });
  }
}
