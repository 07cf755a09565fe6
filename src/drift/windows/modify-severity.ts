import { type Attribution, type ClassifiedChange, SEVERITIES, type Severity } from '../report/drift-report.types.js';
import type { ChangeWindow } from './change-window.types.js';
import { isExclusive, isInWindow } from './is-in-window.js';

/** What is known of how a change came about. */
export interface Circumstances {
  attribution: Attribution;
  /** When it was made, by the event that tells of it; null where none does. */
  actedAt: Date | null;
  /** Whether the log was read whole, late events had their time, and nobody was found. */
  nobodyFound: boolean;
}

/**
 * A change that nobody is found to have made, or that was made outside of windows that are meant to be kept, is one level
 * graver; one that somebody made in an approved window is one level less grave. The title says so. What doesn't loosen anything stays
 * as it is. Pure.
 */
export function modifySeverity(
  change: ClassifiedChange,
  { attribution, actedAt, nobodyFound }: Circumstances,
  windows: readonly ChangeWindow[],
): ClassifiedChange {
  if (change.direction !== 'loosening' || change.severity === 'info') return change;
  if (attribution === 'none' || actedAt === null)
    return nobodyFound ? shifted(change, -1, 'nobody was found who did it') : change;
  const window = windows.find((one) => isInWindow(one, actedAt));
  if (window !== undefined) return shifted(change, 1, `in the change window "${window.name}"`);
  return isExclusive(windows, actedAt) ? shifted(change, -1, 'outside of every change window') : change;
}

function shifted(change: ClassifiedChange, by: 1 | -1, why: string): ClassifiedChange {
  return { ...change, severity: levelAt(change.severity, by), title: `${change.title} (${why})` };
}

function levelAt(severity: Severity, by: 1 | -1): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + by] ?? severity;
}
