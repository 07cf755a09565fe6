import type { JsonObject } from '../../crypto/canonical-json.js';
import { eventDataBytes, MAX_EVENT_DATA_BYTES } from '../../outbox/outbox.service.js';
import { type ChangeActor, type ControlVerdict, SEVERITIES, type Severity } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

/** What an alert says beside its changes. */
export interface AlertReport {
  tenantId: string;
  entraTenantId: string;
  tenantName: string;
  reportId: string;
  sequence: number;
  baselineVersion: number | null;
  /** Where the report is read; null while PUBLIC_URL isn't set. */
  link: string | null;
}

export interface AlertChange
  extends Pick<
    ReadableChange,
    | 'id'
    | 'changeSetId'
    | 'severity'
    | 'direction'
    | 'title'
    | 'resourceType'
    | 'resourceKey'
    | 'displayName'
    | 'changeType'
    | 'path'
    | 'rules'
    | 'references'
    | 'attribution'
  > {
  substate: string;
  actor: ChangeActor | null;
  closeReason?: string;
}

/** A control whose verdict turned. */
export interface AlertControl {
  id: string;
  title: string;
  before: ControlVerdict;
  after: ControlVerdict;
}

const MAX_TEXT = 300;

/**
 * The data of `drift.changes.detected` and `drift.changes.resolved`: the worst changes first and as many as fit; `omitted`
 * says how many don't.
 */
export function alertData(report: AlertReport, changes: AlertChange[], controls: AlertControl[] = []): JsonObject {
  const sorted = [...changes].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const summary: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of changes) summary[severity] += 1;
  const data = (listed: JsonObject[]): JsonObject => ({
    ...report,
    tenantName: cut(report.tenantName),
    headline: headlineOf(controls, summary),
    controls: controls.map((control) => ({ ...control })),
    summary: { ...summary },
    changes: listed,
    omitted: changes.length - listed.length,
  });
  const listed: JsonObject[] = [];
  let bytes = eventDataBytes(data([]));
  for (const change of sorted) {
    const item = itemOf(change);
    bytes += eventDataBytes(item) + 1;
    if (bytes > MAX_EVENT_DATA_BYTES - 100) break;
    listed.push(item);
  }
  return data(listed);
}

/** A control that fell is what matters most; else the counts. */
function headlineOf(controls: AlertControl[], summary: Record<Severity, number>): string {
  if (controls.length > 0) return controls.map(({ id, before, after }) => `${id} ${before} -> ${after}`).join(', ');
  return SEVERITIES.filter((severity) => summary[severity] > 0)
    .map((severity) => `${summary[severity]} ${severity}`)
    .join(', ');
}

/** Whether an alert is worth sending: changes that are all info say nothing that can't wait for the report. */
export function isAlarming(changes: Pick<AlertChange, 'severity'>[]): boolean {
  return changes.some(({ severity }) => severity !== 'info');
}

function itemOf(change: AlertChange): JsonObject {
  const { actor, closeReason } = change;
  return {
    id: change.id,
    changeSetId: change.changeSetId,
    severity: change.severity,
    direction: change.direction,
    title: cut(change.title),
    resourceType: change.resourceType,
    resourceKey: cut(change.resourceKey),
    displayName: change.displayName === null ? null : cut(change.displayName),
    changeType: change.changeType,
    path: cut(change.path),
    rules: change.rules,
    references: change.references,
    substate: change.substate,
    actor:
      actor === null
        ? null
        : {
            type: actor.type,
            id: cut(actor.id),
            displayName: actor.displayName === null ? null : cut(actor.displayName),
          },
    attribution: change.attribution,
    ...(closeReason === undefined ? {} : { closeReason }),
  };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…`;
}
