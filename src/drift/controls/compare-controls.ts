import { isCovered } from '../normalise/path-patterns.js';
import {
  type ClassifiedChange,
  type ComparedControl,
  type ControlVerdict,
  SEVERITIES,
  type Severity,
} from '../report/drift-report.types.js';
import { controlById } from './catalogue.js';
import type { ControlEvidence, ControlResult } from './control.types.js';
import { type AllowedExclusions, type ControlSource, controlInput } from './control-input.js';
import { evaluateControls } from './evaluate-controls.js';

/** The controls on the two sides of a comparison. */
export interface ComparedControls {
  /** Every control that stands, in the order of the catalogue. */
  controls: ComparedControl[];
  /** What was found on the side after. */
  results: ControlResult[];
  /** What the controls hung on that were met and are not any more, where the baseline says SHALL. */
  lost: { id: string; evidence: ControlEvidence[] }[];
}

/** @param before null where there is nothing to compare with: nothing is assessed then */
export function compareControls(
  before: ControlSource | null,
  after: ControlSource,
  allowed: AllowedExclusions,
): ComparedControls {
  const was = new Map<string, ControlResult>();
  if (before !== null) for (const result of evaluateControls(controlInput(before, allowed))) was.set(result.id, result);
  const results = evaluateControls(controlInput(after, allowed));
  const verdictBefore = (id: string): ControlVerdict => was.get(id)?.verdict ?? 'not-assessed';
  return {
    controls: results.map(({ id, verdict }) => ({ id, before: verdictBefore(id), after: verdict })),
    results,
    lost: results
      .filter(({ id, verdict }) => verdict === 'not-met' && verdictBefore(id) === 'met')
      .filter(({ id }) => controlById(id)?.level === 'shall')
      .map(({ id, evidence }) => ({ id, evidence: [...(was.get(id)?.evidence ?? []), ...evidence] })),
  };
}

/**
 * Changes that turn a SHALL control from met to not met are one level graver and name it. Only what the control hangs on
 * counts, and neither what makes things stricter nor names and descriptions.
 */
export function raisedByControls(
  changes: ClassifiedChange[],
  { lost }: Pick<ComparedControls, 'lost'>,
): ClassifiedChange[] {
  if (lost.length === 0) return changes;
  return changes.map((change) => {
    if (change.direction === 'tightening' || change.severity === 'info') return change;
    const ids = lost.filter(({ evidence }) => evidence.some((one) => isAbout(change, one))).map(({ id }) => id);
    if (ids.length === 0) return change;
    const references = [...new Set([...ids, ...change.references])];
    return { ...change, severity: oneLevelUp(change.severity), references };
  });
}

/** The change lies at, below or above what the verdict hangs on. */
function isAbout(change: ClassifiedChange, evidence: ControlEvidence): boolean {
  if (change.resourceType !== evidence.resourceType || change.resourceKey !== evidence.resourceKey) return false;
  return isCovered(change.path, evidence.path) || isCovered(evidence.path, change.path);
}

function oneLevelUp(severity: Severity): Severity {
  return SEVERITIES[Math.max(0, SEVERITIES.indexOf(severity) - 1)] ?? severity;
}
