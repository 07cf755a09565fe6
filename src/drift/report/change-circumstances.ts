import type { AttributionEvidence } from '../attribution/attribution.types.js';
import type { AttributedChange } from '../attribution/change-attributor.js';
import { attemptsAfter, GAVE_UP_UNANSWERED, nextAttributionAt } from '../attribution/retry-schedule.js';
import type { Circumstances } from '../windows/modify-severity.js';
import type { ReadableChange } from './readable-change.js';

type Known = Pick<ReadableChange, 'attribution' | 'attributionEvidence' | 'attributionAttempts' | 'createdAt'>;

/**
 * How a change came about, by what was known of it and what this scan's look into the log adds. Nobody was found only when the
 * log was read whole each time and late events had their time.
 */
export function circumstancesOf(
  known: Known | undefined,
  late: AttributedChange | undefined,
  now: Date,
): Circumstances {
  if (late !== undefined && late.verdict.attribution !== 'none')
    return { attribution: late.verdict.attribution, actedAt: actedAt(late.verdict.evidence), nobodyFound: false };
  if (known === undefined) return { attribution: 'none', actedAt: null, nobodyFound: false };
  if (known.attribution !== 'none') {
    const evidence = JSON.parse(known.attributionEvidence ?? '[]') as AttributionEvidence[];
    return { attribution: known.attribution, actedAt: actedAt(evidence), nobodyFound: false };
  }
  const foundAt = known.createdAt ?? now;
  const attempts =
    late === undefined
      ? known.attributionAttempts
      : attemptsAfter(known.attributionAttempts, late.answered, foundAt, now);
  const nobodyFound = attempts !== GAVE_UP_UNANSWERED && nextAttributionAt('none', attempts, foundAt) === null;
  return { attribution: 'none', actedAt: null, nobodyFound };
}

function actedAt([leading]: readonly AttributionEvidence[]): Date | null {
  return leading === undefined ? null : new Date(leading.at);
}
