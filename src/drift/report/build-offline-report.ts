import { classifyDrift } from '../classify/classify-drift.js';
import { type EvaluationContext, lookupOf } from '../classify/evaluation-context.js';
import type { DriftRule } from '../classify/rule.types.js';
import { type ComparedControls, compareControls, raisedByControls } from '../controls/compare-controls.js';
import { NOTHING_ALLOWED, sourceOf } from '../controls/control-input.js';
import { diffSnapshots } from '../diff/diff-snapshots.js';
import type { SnapshotDrift } from '../diff/drift.types.js';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import { changeId, changeSetId } from './change-id.js';
import type { ClassifiedChange, DriftReportDocument, ReportedChange } from './drift-report.types.js';
import { bySeverity, summariseChanges } from './summarise-changes.js';

/** The report on two snapshots in memory, with nothing but them to go by: no actor, no baseline. Pure. */
export function buildOfflineReport(
  before: TenantSnapshot,
  after: TenantSnapshot,
  rules: DriftRule[],
): DriftReportDocument {
  const context = { before: lookupOf(before), after: lookupOf(after), breakGlassIds: new Set<string>() };
  const controls = compareControls(sourceOf(before), sourceOf(after), NOTHING_ALLOWED);
  return reportOn(diffSnapshots(before, after), rules, context, controls);
}

/** The same for a comparison that was made elsewhere. */
export function reportOn(
  drift: SnapshotDrift,
  rules: DriftRule[],
  context: EvaluationContext,
  compared: ComparedControls,
): DriftReportDocument {
  const classified = raisedByControls(classifyDrift(drift.objects, rules, context), compared);
  const changes = distinct(classified.sort(bySeverity).map(offlineChange));
  return {
    complete: drift.incomplete.length === 0,
    incomplete: drift.incomplete,
    trigger: 'offline',
    baselineVersion: null,
    summary: summariseChanges(changes),
    changes,
    controls: compared.controls,
  };
}

function offlineChange(change: ClassifiedChange): ReportedChange {
  return {
    id: changeId(change),
    state: 'open',
    changeSetId: changeSetId(change),
    ...change,
    actor: null,
    attribution: 'none',
  };
}

/** Two objects with one key and the same content make the same change; one of them says it. */
function distinct(changes: ReportedChange[]): ReportedChange[] {
  return [...new Map(changes.map((change) => [change.id, change])).values()];
}
