import { canonicalJson } from '../crypto/canonical-json.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';

/** Raised when a member is renamed, removed or means something else; members may be added without. */
export const MESSAGE_SCHEMA_VERSION = 1;

/**
 * The body of a webhook, `{type, timestamp, data}` (Standard Webhooks 1.0.0). Made from what is stored, so that every attempt
 * and every receiver gets the same bytes. `tenantId` is added for receivers that watch several tenants, `schemaVersion` for those
 * that check what they read (docs/contract/webhook-messages.json).
 */
export function webhookBody(event: StoredOutboxEvent): string {
  const { type, tenantId, createdAt, data } = event;
  const head = { type, schemaVersion: MESSAGE_SCHEMA_VERSION, timestamp: createdAt.toISOString(), tenantId };
  return `${JSON.stringify(head).slice(0, -1)},"data":${canonicalJson(data)}}`;
}
