import { defineAuditActions } from '../audit/audit.types.js';

export const WEBHOOK_ACTIONS = defineAuditActions({
  'webhooks.endpoint.created': 'A webhook endpoint was added',
  'webhooks.endpoint.updated': 'A webhook endpoint was changed',
  'webhooks.endpoint.deleted': 'A webhook endpoint was deleted, with its deliveries',
  'webhooks.endpoint.disabled': 'A webhook endpoint was disabled because its receiver is gone or has failed for days',
  'webhooks.endpoint.replayed': 'The dead letters of a webhook endpoint were queued again by hand',
  'webhooks.secret.rotated': 'A webhook endpoint was given another signing secret',
  'webhooks.delivery.delivered': 'A receiver took a webhook',
  'webhooks.delivery.given-up': 'A webhook was given up; it is kept as a dead letter, unless its endpoint was deleted',
  'webhooks.delivery.replayed': 'A delivery was queued again by hand',
});
