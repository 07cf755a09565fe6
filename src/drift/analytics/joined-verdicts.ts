import type { VerdictInterval } from './analytics.repository.js';

/**
 * Intervals of one control that say the same as one: a verdict is written anew also when only that of the baseline turned. Those of
 * a control stand together, the newest first.
 */
export function joinedVerdicts(intervals: VerdictInterval[]): VerdictInterval[] {
  const out: VerdictInterval[] = [];
  for (const interval of intervals) {
    const newer = out.at(-1);
    if (newer?.controlId !== interval.controlId || newer.verdict !== interval.verdict) out.push({ ...interval });
    else if (interval.since < newer.since) newer.since = interval.since;
  }
  return out;
}
