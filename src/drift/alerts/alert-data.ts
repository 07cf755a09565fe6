import type { JsonObject } from '../../crypto/canonical-json.js';
import { eventDataBytes, MAX_EVENT_DATA_BYTES } from '../../outbox/outbox.service.js';
import { type ChangeActor, type ControlVerdict, SEVERITIES, type Severity } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';

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

/** Which alert a message is of. */
export interface AlertIdentity {
  /** The `webhook-id` of the message that told of it first; null where a control is met again that no alert waited for. */
  alertId: string | null;
  /** The act whose changes these are; null for those of a report that no act explains. */
  changeSetId: string | null;
  /** Alerts of changes whose place these took. */
  supersedes?: string[];
}

/** What is counted of every change of an alert, whether it is listed or not. */
export type AlertOutline = Pick<ReadableChange, 'severity' | 'resourceType' | 'references'>;

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
  /** What people were told that it was. */
  raisedFrom?: Severity;
}

/** A control whose verdict turned. */
export interface AlertControl {
  id: string;
  title: string;
  before: ControlVerdict;
  after: ControlVerdict;
}

export interface AlertContent {
  /** As many as might fit, if not all. */
  changes: AlertChange[];
  /** Of all its changes; those of `changes` when absent. */
  outlines?: AlertOutline[];
  controls?: AlertControl[];
}

const MAX_TEXT = 300;
/** Room for punctuation, and for what doesn't fit in the end. */
const SPARE_BYTES = 100;
/** There are fewer controls than this, and few alerts that one message takes the place of. */
const MOST_NAMED = 100;

/**
 * The data of `drift.changes.detected` and `drift.changes.resolved`: the worst changes first and as many as fit; `omitted`
 * says how many don't.
 */
export function alertData(report: AlertReport, identity: AlertIdentity, content: AlertContent): JsonObject {
  const { changes, outlines = changes, controls = [] } = content;
  const sorted = [...changes].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const summary: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of outlines) summary[severity] += 1;
  const data = (listed: JsonObject[]): JsonObject => ({
    ...report,
    tenantName: cut(report.tenantName),
    alertId: identity.alertId,
    changeSetId: identity.changeSetId,
    supersedes: (identity.supersedes ?? []).slice(0, MOST_NAMED),
    headline: headlineOf(controls, summary),
    controls: controls.slice(0, MOST_NAMED).map((control) => ({ ...control, title: cut(control.title) })),
    summary: { ...summary },
    resourceTypes: gravestByType(outlines),
    references: [...new Set(outlines.flatMap(({ references }) => references))].sort().slice(0, MOST_NAMED),
    changes: listed,
    omitted: outlines.length - listed.length,
  });
  const listed: JsonObject[] = [];
  let bytes = eventDataBytes(data([]));
  for (const change of sorted) {
    const item = itemOf(change);
    bytes += eventDataBytes(item) + 1;
    if (bytes > MAX_EVENT_DATA_BYTES - SPARE_BYTES) break;
    listed.push(item);
  }
  return data(listed);
}

/** A control that fell is what matters most; else the counts. */
function headlineOf(controls: AlertControl[], summary: Record<Severity, number>): string {
  if (controls.length > 0)
    return cut(controls.map(({ id, before, after }) => `${id} ${before} -> ${after}`).join(', '));
  return SEVERITIES.filter((severity) => summary[severity] > 0)
    .map((severity) => `${summary[severity]} ${severity}`)
    .join(', ');
}

/** The gravest severity among the changes of each type: what an endpoint is routed by that wants some types only. */
function gravestByType(outlines: AlertOutline[]): Record<string, Severity> {
  const gravest: Record<string, Severity> = {};
  for (const severity of [...SEVERITIES].reverse()) {
    for (const outline of outlines) if (outline.severity === severity) gravest[outline.resourceType] = severity;
  }
  return gravest;
}

function itemOf(change: AlertChange): JsonObject {
  const { actor, closeReason, raisedFrom } = change;
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
    ...(raisedFrom === undefined ? {} : { raisedFrom }),
  };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…`;
}
