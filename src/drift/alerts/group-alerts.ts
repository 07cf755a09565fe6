import { changeSetIdOf } from '../report/change-set-id.js';
import { SEVERITIES, type Severity } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';

type GroupedChange = Pick<
  ReadableChange,
  'tenantId' | 'changeSetId' | 'firstReport' | 'resourceType' | 'resourceKey' | 'severity' | 'references'
>;

/** The changes and controls that one message tells of. */
export interface AlertGroup<Change, Control> {
  /** The act that explains all of them; null for what no act explains. */
  changeSetId: string | null;
  changes: Change[];
  controls: Control[];
}

/** Acts of one report that have a message of their own; what is less grave goes together. A storm of messages is noise too. */
export const MOST_ACTS_A_REPORT = 20;

/**
 * What a report's news is told by: one message an act that the audit log knows, and one for the rest, which also has the acts
 * that are all info. A control that fell goes with the gravest act one of whose changes its rule refers to it by. Pure.
 *
 * @param fallen controls that are not met any more
 */
export function groupAlerts<Change extends GroupedChange, Control extends { id: string }>(
  changes: readonly Change[],
  fallen: readonly Control[],
): AlertGroup<Change, Control>[] {
  const byAct = new Map<string, Change[]>();
  const rest: Change[] = [];
  for (const change of changes) {
    if (!isOfAct(change)) rest.push(change);
    else byAct.set(change.changeSetId, [...(byAct.get(change.changeSetId) ?? []), change]);
  }
  const acts = [...byAct]
    .map(([changeSetId, changes]) => ({ changeSetId, changes, controls: [] as Control[] }))
    .sort((a, b) => rank(a.changes) - rank(b.changes) || b.changes.length - a.changes.length);
  const own = acts.filter(({ changes }) => rank(changes) < SEVERITIES.indexOf('info')).slice(0, MOST_ACTS_A_REPORT);
  const remaining: AlertGroup<Change, Control> = {
    changeSetId: null,
    changes: [...rest, ...acts.filter((act) => !own.includes(act)).flatMap(({ changes }) => changes)],
    controls: [],
  };
  for (const control of fallen) {
    const cause = own.find(({ changes }) => changes.some(({ references }) => references.includes(control.id)));
    const only = own.length === 1 && remaining.changes.length === 0 ? own[0] : undefined;
    (cause ?? only ?? remaining).controls.push(control);
  }
  return remaining.changes.length + remaining.controls.length > 0 ? [...own, remaining] : own;
}

/** Without an act a change has the set of its object in its report (changeSetIdOf). */
function isOfAct({ tenantId, changeSetId, firstReport, resourceType, resourceKey }: GroupedChange): boolean {
  return changeSetId !== changeSetIdOf(tenantId, { report: firstReport, resourceType, resourceKey });
}

function rank(changes: readonly { severity: Severity }[]): number {
  return changes.reduce<number>(
    (least, { severity }) => Math.min(least, SEVERITIES.indexOf(severity)),
    SEVERITIES.length,
  );
}
