import type { JsonObject } from '../crypto/canonical-json.js';

/** The closed list of facts that leave the house. Their payloads are promised in docs/webhooks.md. */
export const OUTBOX_EVENTS = {
  'drift.changes.detected': 'A scan found changes that the previous one had not',
  'drift.changes.resolved': 'All changes that an alert told of are gone or decided, or a control is met again',
  'drift.changes.raised':
    'Changes that are open are judged high or critical now, and people were told that they are less',
  'drift.changes.standing': 'Changes that were denied still stand',
  'drift.digest': 'What an endpoint was not told at once because it is under its threshold, once an interval',
  'drift.scan.failed': 'A scan ended without a report, or a resource type could not be collected',
  'rbac.activation.requested': 'Somebody asks to activate a role that needs approval',
  'rbac.separation.violated': 'Somebody holds together, by their groups in Entra ID, what a constraint keeps apart',
  'rbac.review.started': 'An access review began',
  'rbac.review.closed': 'An access review ended and its decisions were carried out',
  'audit.checkpoint.signed':
    'The audit trail was signed at a size: keep the note, and whoever cuts the trail off later is seen',
  'webhooks.endpoint.disabled': 'A webhook endpoint was disabled because its receiver is gone or has failed for days',
  'auth.refresh.reused': 'A refresh token came back after it was used; its family was ended',
} as const;

export type OutboxEventType = keyof typeof OUTBOX_EVENTS;

export interface OutboxEvent {
  type: OutboxEventType;
  /** tenants.id; null for what concerns the installation. */
  tenantId: string | null;
  /** At most 20 kB as JSON (Standard Webhooks 1.0.0). */
  data: JsonObject;
}

export interface StoredOutboxEvent extends OutboxEvent {
  /** UUIDv7; receivers see it as `webhook-id`. */
  id: string;
  createdAt: Date;
}
