import { SEVERITIES, type Severity } from '../report/drift-report.types.js';

const GRAVE: readonly Severity[] = ['critical', 'high'];

/** What wants a second person where a tenant asks for one. */
export function isGrave(severity: Severity): boolean {
  return GRAVE.includes(severity);
}

export function isGraver(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(than);
}

/** What a decision was about. */
export interface DecidedGravity {
  /** Null where it isn't known. */
  severity: Severity | null;
  byTwo: boolean;
}

/** Whether a decision still holds for a change that is judged so now: one person decided about what was harmless then. */
export function holdsFor({ severity, byTwo }: DecidedGravity, now: Severity): boolean {
  return !isGrave(now) || byTwo || (severity !== null && isGrave(severity));
}
