import type { JsonObject } from '../crypto/canonical-json.js';
import { OUTBOX_EVENTS, type OutboxEventType } from '../outbox/outbox.events.js';
import { SEVERITIES } from './severity.js';
import { MESSAGE_SCHEMA_VERSION } from './webhook-body.js';

const text: JsonObject = { type: 'string' };
const id: JsonObject = { type: 'string', format: 'uuid' };
const instant: JsonObject = { type: 'string', format: 'date-time' };
const count: JsonObject = { type: 'integer', minimum: 0 };
const severity: JsonObject = { enum: [...SEVERITIES] };
const verdict: JsonObject = { enum: ['met', 'not-met', 'not-assessed'] };
const maybe = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: JsonObject): JsonObject => ({ type: 'array', items });

/** Members may be added to any of these: a receiver lets pass what it doesn't know. */
function object(properties: Record<string, JsonObject>, optional: string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

const summary = object(Object.fromEntries(SEVERITIES.map((name) => [name, count])));

const change = object(
  {
    id,
    changeSetId: id,
    severity,
    direction: { enum: ['loosening', 'tightening', 'neutral'] },
    title: text,
    resourceType: text,
    resourceKey: text,
    displayName: maybe(text),
    changeType: { enum: ['added', 'removed', 'modified'] },
    path: text,
    rules: list(text),
    references: list(text),
    substate: text,
    actor: maybe(object({ type: { enum: ['user', 'app'] }, id: text, displayName: maybe(text) })),
    attribution: { enum: ['exact', 'strong', 'probable', 'none'] },
    closeReason: text,
    raisedFrom: severity,
  },
  ['closeReason', 'raisedFrom'],
);

const alert = object({
  tenantId: id,
  entraTenantId: text,
  tenantName: text,
  reportId: id,
  sequence: count,
  baselineVersion: maybe(count),
  link: maybe(text),
  alertId: maybe(id),
  changeSetId: maybe(id),
  supersedes: list(id),
  headline: text,
  controls: list(object({ id: text, title: text, before: verdict, after: verdict })),
  summary,
  resourceTypes: { type: 'object', additionalProperties: severity },
  references: list(text),
  changes: list(change),
  omitted: count,
});

const digest = object({
  endpointId: id,
  from: instant,
  to: instant,
  summary,
  items: list(
    object({
      alertId: maybe(id),
      changeSetId: maybe(id),
      state: { enum: ['open', 'resolved'] },
      at: instant,
      tenantId: maybe(id),
      entraTenantId: maybe(text),
      severity: maybe(severity),
      headline: maybe(text),
      titles: list(text),
      link: maybe(text),
    }),
  ),
  omitted: count,
});

/** What is promised of `data`; of every other event it is an object of ids to look up. */
const DATA: Partial<Record<OutboxEventType, JsonObject>> = {
  'drift.changes.detected': alert,
  'drift.changes.raised': alert,
  'drift.changes.standing': alert,
  'drift.changes.resolved': alert,
  'drift.digest': digest,
  'drift.scan.failed': object({
    tenantId: id,
    entraTenantId: text,
    scanId: id,
    reportId: maybe(id),
    reason: text,
    incomplete: list(object({ resourceType: text, reason: text, since: maybe(text) })),
  }),
  'webhooks.endpoint.disabled': object({ endpointId: id, description: text, reason: text, deadLetters: count }),
};

/** JSON Schemas (2020-12) of the bodies that receivers get, by type: docs/contract/webhook-messages.json. */
export function messageSchemas(): JsonObject {
  const bodies = Object.keys(OUTBOX_EVENTS).map((type) => {
    const head = {
      type: { const: type },
      schemaVersion: { const: MESSAGE_SCHEMA_VERSION },
      timestamp: instant,
      tenantId: maybe(id),
    };
    return [type, object({ ...head, data: DATA[type as OutboxEventType] ?? { type: 'object' } })] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Bodies of the webhooks of BlindspotX',
    schemaVersion: MESSAGE_SCHEMA_VERSION,
    $defs: Object.fromEntries(bodies),
    oneOf: bodies.map(([type]) => ({ $ref: `#/$defs/${type}` })),
  };
}
