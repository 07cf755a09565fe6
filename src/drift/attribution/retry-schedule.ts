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

/**
 * How often the log was asked, after another time.
 *
 * @param answered false when it couldn't be read: that uses up no attempt while the log may still have the event
 */
export function attemptsAfter(attempts: number, answered: boolean, foundAt: Date, now: Date): number {
  return answered || now.getTime() - foundAt.getTime() > LOG_KEPT_MS ? attempts + 1 : attempts;
}
