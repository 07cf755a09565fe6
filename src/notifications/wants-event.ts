import type { OutboxEvent } from '../outbox/outbox.events.js';
import { gravestSeverity, isAtLeast } from './severity.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

type Filter = Pick<WebhookEndpoint, 'status' | 'tenantId' | 'eventTypes' | 'minSeverity'>;

/** Whether an endpoint is to be told of an event. In doubt it is: a change whose severity can't be read is not kept back. */
export function wantsEvent(endpoint: Filter, event: Pick<OutboxEvent, 'type' | 'tenantId' | 'data'>): boolean {
  if (endpoint.status !== 'enabled') return false;
  if (endpoint.tenantId !== null && event.tenantId !== null && endpoint.tenantId !== event.tenantId) return false;
  if (endpoint.eventTypes.length > 0 && !endpoint.eventTypes.includes(event.type)) return false;
  if (event.type !== 'drift.changes.detected') return true;
  // A control that fell matters whatever the changes beside it are.
  const { controls } = event.data;
  if (Array.isArray(controls) && controls.length > 0) return true;
  const severity = gravestSeverity(event.data);
  return severity === null || isAtLeast(severity, endpoint.minSeverity);
}
