import { type ClassifiedChange, SEVERITIES, type Severity } from './drift-report.types.js';

/** How many changes there are of each severity; every severity is present. */
export function summariseChanges(changes: Pick<ClassifiedChange, 'severity'>[]): Record<Severity, number> {
  const summary: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of changes) summary[severity] += 1;
  return summary;
}

/** Worst first, then by type, object and path: the order does not depend on the order of the input. */
export function bySeverity(a: ClassifiedChange, b: ClassifiedChange): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    compareText(a.resourceType, b.resourceType) ||
    compareText(a.resourceKey, b.resourceKey) ||
    compareText(a.path, b.path) ||
    compareText(a.changeType, b.changeType)
  );
}

/** Whether a severity is at or above another. */
export function isAtLeast(severity: Severity, level: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(level);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
