const MINUTE = 60;
const HOUR = 3600;

/** Seconds before each attempt, as Standard Webhooks 1.0.0 recommends: over three days in all. */
const DELAYS = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR] as const;

export const MAX_DELIVERY_ATTEMPTS = DELAYS.length;

/** Up to a fifth later, so that what failed together doesn't come back together. */
const JITTER = 0.2;
const LONGEST_DELAY = 24 * HOUR;

/**
 * Seconds until the next attempt; null after the last one.
 *
 * @param attempts made so far, at least 1
 * @param retryAfterSeconds what the receiver asked for; followed when it is later, up to a day
 * @param random in [0, 1)
 */
export function delayBeforeNextAttempt(
  attempts: number,
  retryAfterSeconds: number | null,
  random: number,
): number | null {
  const delay = DELAYS[attempts];
  if (delay === undefined) return null;
  return Math.max(delay * (1 + JITTER * random), Math.min(retryAfterSeconds ?? 0, LONGEST_DELAY));
}

/** After failures in a row the whole endpoint rests a little, longer each time: what waits isn't tried one by one at a receiver that is down. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = MINUTE;
/** A receiver may ask for more than that. */
const LONGEST_PAUSE_ASKED = HOUR;

/**
 * Seconds until anything is sent to an endpoint again after an attempt that failed.
 *
 * @param failures in a row, at least 1
 */
export function pauseAfterFailure(failures: number, retryAfterSeconds: number | null): number {
  const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE);
  return Math.max(pause, Math.min(retryAfterSeconds ?? 0, LONGEST_PAUSE_ASKED));
}

/** An endpoint that fails for so long, without one success, is disabled. */
export const DISABLED_AFTER_FAILING_SECONDS = 5 * 24 * HOUR;
/** Longer than any delay between two attempts of one delivery. */
export const FAILURE_GAP_SECONDS = 2 * 24 * HOUR;
