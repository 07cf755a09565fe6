import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../jobs/retention-rules.js';
import { OutboxRepository } from './outbox.repository.js';

/** Events that were handed out, so that a delivery can be replayed for as long. */
export const EVENTS_KEPT_DAYS = 90;

@Injectable()
export class OutboxRetention {
  constructor(rules: RetentionRules, events: OutboxRepository) {
    rules.register({
      name: 'outbox.events',
      deleteBatch: (tx, limit) => events.deleteDispatched(tx, EVENTS_KEPT_DAYS, limit),
    });
  }
}
