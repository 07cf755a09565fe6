import { canonicalJson } from '../crypto/canonical-json.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';

/**
 * The body of a webhook, `{type, timestamp, data}` (Standard Webhooks 1.0.0). Made from what is stored, so that every attempt
 * and every receiver gets the same bytes. `tenantId` is added for receivers that watch several tenants.
 */
export function webhookBody(event: StoredOutboxEvent): string {
  const { type, tenantId, createdAt, data } = event;
  const head = { type, timestamp: createdAt.toISOString(), tenantId };
  return `${JSON.stringify(head).slice(0, -1)},"data":${canonicalJson(data)}}`;
}
