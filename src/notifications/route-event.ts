import type { Json, JsonObject } from '../crypto/canonical-json.js';
import type { OutboxEvent } from '../outbox/outbox.events.js';
import { gravestOf, gravestSeverity, isAtLeast, type Severity } from './severity.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

export type RoutedEndpoint = Pick<
  WebhookEndpoint,
  | 'id'
  | 'status'
  | 'tenantId'
  | 'tenantIds'
  | 'eventTypes'
  | 'minSeverity'
  | 'resourceTypes'
  | 'controls'
  | 'digestIntervalSeconds'
>;
type RoutedEvent = Pick<OutboxEvent, 'type' | 'tenantId' | 'data'>;

const ABOUT_CHANGES: ReadonlySet<string> = new Set([
  'drift.changes.detected',
  'drift.changes.raised',
  'drift.changes.standing',
  'drift.changes.resolved',
]);

/** How an endpoint is told of an event: in a message of its own, in its next digest, or not. */
export type Route = 'now' | 'digest' | 'none';

/**
 * Everything that an endpoint asks for must hold. In doubt it is told: a change whose severity or type can't be read is not kept
 * back. Pure.
 */
export function routeEvent(endpoint: RoutedEndpoint, event: RoutedEvent): Route {
  if (!isAddressed(endpoint, event)) return 'none';
  if (!ABOUT_CHANGES.has(event.type)) return 'now';
  const { data } = event;
  const turned = listOf(data['controls']).map((control) => memberOf(control, 'id'));
  const { resourceTypes, controls } = endpoint;
  // A control that turned and is asked for is told whatever the changes beside it are.
  if (controls.length > 0 && turned.some((id) => controls.includes(String(id)))) return 'now';
  if (controls.length > 0 && !concerns(data, controls)) return 'none';
  const severity = resourceTypes.length === 0 ? gravestSeverity(data) : gravestOfTypes(data, resourceTypes);
  if (severity === 'none') return 'none';
  if (controls.length === 0 && turned.length > 0) return 'now';
  if (severity === null || isAtLeast(severity, endpoint.minSeverity)) return 'now';
  return endpoint.digestIntervalSeconds === null ? 'none' : 'digest';
}

/**
 * How an endpoint is told that an alert is resolved: as it was told of the alert, whatever the changes are judged as by now.
 *
 * @param told of the alert, how; null when it wasn't
 */
export function routeResolution(endpoint: RoutedEndpoint, event: RoutedEvent, told: 'now' | 'digest' | null): Route {
  // Who doesn't ask for the first message is told of the second by what it says.
  const { eventTypes } = endpoint;
  if (eventTypes.length > 0 && !eventTypes.includes('drift.changes.detected')) return routeEvent(endpoint, event);
  if (told === null || !isAddressed(endpoint, event)) return 'none';
  return told === 'digest' && endpoint.digestIntervalSeconds === null ? 'none' : told;
}

function isAddressed({ id, status, tenantId, tenantIds, eventTypes }: RoutedEndpoint, event: RoutedEvent): boolean {
  if (status !== 'enabled') return false;
  // A digest is made for one endpoint, by its setting.
  if (event.type === 'drift.digest') return event.data['endpointId'] === id;
  if (event.tenantId !== null) {
    if (tenantId !== null && tenantId !== event.tenantId) return false;
    if (tenantIds.length > 0 && !tenantIds.includes(event.tenantId)) return false;
  }
  return eventTypes.length === 0 || eventTypes.includes(event.type);
}

/** Whether a rule that spoke of a change refers to one of these controls. */
function concerns(data: JsonObject, controls: string[]): boolean {
  const { references } = data;
  return !Array.isArray(references) || references.some((reference) => controls.includes(String(reference)));
}

/** The gravest severity among the changes of these types; null when it can't be read, `none` when there is no such change. */
function gravestOfTypes({ resourceTypes }: JsonObject, wanted: string[]): Severity | null | 'none' {
  if (resourceTypes === null || typeof resourceTypes !== 'object' || Array.isArray(resourceTypes)) return null;
  const severities = wanted.flatMap((type) => (Object.hasOwn(resourceTypes, type) ? [resourceTypes[type]] : []));
  return severities.length === 0 ? 'none' : gravestOf(severities);
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function memberOf(value: Json, name: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[name] : undefined;
}
