import { defineAuditActions } from '../audit/audit.types.js';

export const WEBHOOK_ACTIONS = defineAuditActions({
  'webhooks.endpoint.created': 'A webhook endpoint was added',
  'webhooks.endpoint.updated': 'A webhook endpoint was changed',
  'webhooks.endpoint.deleted': 'A webhook endpoint was deleted, with its deliveries',
  'webhooks.endpoint.disabled': 'A webhook endpoint was disabled because its receiver answered 410 Gone',
  'webhooks.delivery.replayed': 'A delivery was queued again by hand',
});
