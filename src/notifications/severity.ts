import type { Json, JsonObject } from '../crypto/canonical-json.js';

/** From the gravest to the least, as drift reports name them. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The gravest severity that the `summary` of an event's data counts; null when it has none. */
export function gravestSeverity(data: JsonObject): Severity | null {
  const { summary } = data;
  if (summary === null || typeof summary !== 'object' || Array.isArray(summary)) return null;
  return SEVERITIES.find((severity) => Number(summary[severity] ?? 0) > 0) ?? null;
}

/** Null when none of them is a severity. */
export function gravestOf(values: readonly (Json | undefined)[]): Severity | null {
  return SEVERITIES.find((severity) => values.includes(severity)) ?? null;
}

export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}
