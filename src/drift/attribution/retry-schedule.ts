import type { Attribution } from '../report/drift-report.types.js';

/** Events arrive minutes, at times a day, after what they tell (in minutes after the change was found). */
const RETRY_MINUTES = [2, 5, 15, 60, 24 * 60];

/**
 * When the audit log is to be asked again for a change; null when the answer is good enough or it is time to say "nobody was
 * found".
 *
 * @param attempts how often it was asked before this answer
 */
export function nextAttributionAt(attribution: Attribution, attempts: number, foundAt: Date): Date | null {
  if (attribution === 'exact' || attribution === 'strong') return null;
  const minutes = RETRY_MINUTES[attempts];
  return minutes === undefined ? null : new Date(foundAt.getTime() + minutes * 60_000);
}

/** How long a tenant without extra licences keeps its log: what isn't found until then won't be. */
const LOG_KEPT_MS = 7 * 24 * 3_600_000;

/** How much of the log was read: where not all of it was, what isn't found may be in the rest. */
export type Answered = 'whole' | 'partly' | 'not';

/** Attempts of a change for which the log was never read whole: nobody may say that nobody was found. */
export const GAVE_UP_UNANSWERED = 100;

/**
 * How often the log was asked, after another time.
 *
 * @param answered `not` uses up no attempt while the log may still have the event
 */
export function attemptsAfter(attempts: number, answered: Answered, foundAt: Date, now: Date): number {
  if (answered === 'not') return now.getTime() - foundAt.getTime() > LOG_KEPT_MS ? GAVE_UP_UNANSWERED : attempts;
  const isLast = nextAttributionAt('none', attempts + 1, foundAt) === null;
  return answered === 'partly' && isLast ? GAVE_UP_UNANSWERED : attempts + 1;
}
