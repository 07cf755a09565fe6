import type { Json, JsonObject } from '../crypto/canonical-json.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';
import { eventDataBytes, MAX_EVENT_DATA_BYTES } from '../outbox/outbox.service.js';
import { gravestSeverity, SEVERITIES, type Severity } from './severity.js';

/** What a digest covers. */
export interface DigestSpan {
  endpointId: string;
  from: Date;
  to: Date;
}

interface DigestItem {
  severity: Severity | null;
  json: JsonObject;
}

/** Of the changes of an alert so many are named by what they mean. */
const TITLES_AN_ITEM = 3;
const SPARE_BYTES = 100;

/**
 * The data of `drift.digest`: one item an alert, the gravest first and as many as fit; `omitted` says how many don't. An alert that was
 * resolved meanwhile is one item. Of the tenant's names it has those that titles hold (a policy's, a
 * change window's); the others are read in the report. Pure.
 *
 * @param events that were put aside, oldest first
 * @param unread how many more there were
 */
export function digestData(
  { endpointId, from, to }: DigestSpan,
  events: StoredOutboxEvent[],
  unread: number,
): JsonObject {
  const byAlert = new Map<string, DigestItem>();
  for (const event of events) {
    const alertId = event.data['alertId'];
    const key = typeof alertId === 'string' ? alertId : event.id;
    const item = itemOf(event);
    const before = byAlert.get(key);
    // What it was when it was found counts, and that it is over.
    byAlert.set(key, before === undefined ? item : { ...before, json: { ...before.json, state: 'resolved' } });
  }
  const items = [...byAlert.values()].sort((a, b) => rank(a.severity) - rank(b.severity));
  const summary: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of items) if (severity !== null) summary[severity] += 1;
  const data = (listed: JsonObject[]): JsonObject => ({
    endpointId,
    from: from.toISOString(),
    to: to.toISOString(),
    summary: { ...summary },
    items: listed,
    omitted: items.length + unread - listed.length,
  });
  const listed: JsonObject[] = [];
  let bytes = eventDataBytes(data([]));
  for (const { json } of items) {
    bytes += eventDataBytes(json) + 1;
    if (bytes > MAX_EVENT_DATA_BYTES - SPARE_BYTES) break;
    listed.push(json);
  }
  return data(listed);
}

function itemOf({ type, tenantId, createdAt, data }: StoredOutboxEvent): DigestItem {
  const severity = gravestSeverity(data);
  const changes = Array.isArray(data['changes']) ? data['changes'] : [];
  const titles = changes.flatMap((change) => titleOf(change));
  return {
    severity,
    json: {
      alertId: data['alertId'] ?? null,
      changeSetId: data['changeSetId'] ?? null,
      state: type === 'drift.changes.resolved' ? 'resolved' : 'open',
      at: createdAt.toISOString(),
      tenantId,
      entraTenantId: data['entraTenantId'] ?? null,
      severity,
      headline: data['headline'] ?? null,
      titles: [...new Set(titles)].slice(0, TITLES_AN_ITEM),
      link: data['link'] ?? null,
    },
  };
}

function titleOf(change: Json): string[] {
  if (change === null || typeof change !== 'object' || Array.isArray(change)) return [];
  return typeof change['title'] === 'string' ? [change['title']] : [];
}

function rank(severity: Severity | null): number {
  return severity === null ? SEVERITIES.length : SEVERITIES.indexOf(severity);
}
