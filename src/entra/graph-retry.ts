import { GraphFault } from './graph-fault.js';

export interface RetryPolicy {
  /** How often a request is repeated that failed without Graph's asking for it: 5xx, timeouts, broken answers. */
  maxRetries: number;
  /** First pause before such a repetition; doubles each time. */
  backoffMs: number;
  /** First pause after a 429 that names no time of its own; doubles each time. */
  throttleBackoffMs: number;
  /** The longest pause, asked for or our own. */
  maxPauseMs: number;
  /** All pauses of one request together. */
  budgetMs: number;
}

/** What has been tried for one request. */
export interface Attempts {
  retries: number;
  throttled: number;
  pausedMs: number;
}

export function noAttempts(): Attempts {
  return { retries: 0, throttled: 0, pausedMs: 0 };
}

/**
 * How long to wait before the request is sent again after a 429; null when it isn't worth waiting. Full jitter on our own
 * pauses, so that clients that were refused together don't come back together; what Graph asks for is taken as given.
 */
export function pauseAfterThrottling(
  retryAfterMs: number | null,
  attempts: Attempts,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number | null {
  const own = Math.min(policy.throttleBackoffMs * 2 ** attempts.throttled, policy.maxPauseMs);
  const pause = retryAfterMs ?? own / 2 + (own / 2) * random();
  return withinBudget(pause, attempts, policy);
}

/** The same after a fault that may heal by itself; Retry-After is honoured where a 503 carries one. */
export function pauseAfterFault(
  retryAfterMs: number | null,
  attempts: Attempts,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number | null {
  if (attempts.retries >= policy.maxRetries) return null;
  const own = Math.min(policy.backoffMs * 2 ** attempts.retries, policy.maxPauseMs);
  return withinBudget(retryAfterMs ?? own / 2 + (own / 2) * random(), attempts, policy);
}

/** Faults that another attempt may heal. A timeout is tried once more only: it has cost its time already. */
export function mayHeal(fault: GraphFault, attempts: Attempts): boolean {
  if (fault.kind === 'timeout') return attempts.retries === 0;
  return fault.kind === 'network' || fault.kind === 'malformed' || fault.kind === 'not_json';
}

function withinBudget(pause: number, attempts: Attempts, policy: RetryPolicy): number | null {
  return pause > policy.maxPauseMs || attempts.pausedMs + pause > policy.budgetMs ? null : pause;
}
