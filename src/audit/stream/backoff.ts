const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 300;
/** Up to a fifth later, so that what failed together doesn't come back together. */
const JITTER = 0.2;
/** What a receiver may ask for: a wrong one must not silence a stream for days. */
const LONGEST_ASKED_SECONDS = 3600;
/** Longer is no delay. */
export const LONGEST_DELAY_SECONDS = Math.max(LONGEST_ASKED_SECONDS, LONGEST_SECONDS * (1 + JITTER));

/**
 * Seconds until the next attempt.
 *
 * @param failures in a row, at least 1
 * @param retryAfterSeconds what the receiver asked for; followed when it is later, up to an hour
 * @param random in [0, 1)
 */
export function backoffSeconds(failures: number, retryAfterSeconds: number | null, random: number): number {
  const delay = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (failures - 1));
  return Math.max(delay * (1 + JITTER * random), Math.min(retryAfterSeconds ?? 0, LONGEST_ASKED_SECONDS));
}
