/** A tenant that throttles without end takes this much time of a scan and no more; while others wait for a place, much less (ScanPlaces). */
const SHORTEST_LIMIT_MS = 30 * 60_000;
const LONGEST_LIMIT_MS = 2 * 3_600_000;
/** For some objects, read once more or for an execution. */
export const SOME_LIMIT_MS = 5 * 60_000;

/** How long a scan may read a tenant: its interval, but at least half an hour and at most two. */
export function readingLimitMs(intervalSeconds: number): number {
  return Math.min(LONGEST_LIMIT_MS, Math.max(SHORTEST_LIMIT_MS, intervalSeconds * 1000));
}

/** The time is over: what isn't read by then stays unread, and what is counts. */
export class ReadingLate extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReadingLate';
  }

  static after(limitMs: number): ReadingLate {
    const limit = limitMs < 60_000 ? `${limitMs / 1000} s` : `${limitMs / 60_000} minutes`;
    return new ReadingLate(`It was not read within the ${limit} there are.`);
  }
}

/** @returns a signal that aborts with the given one, or with ReadingLate when the time is over; `done` ends the waiting for that */
export function limited(signal: AbortSignal, limitMs: number): { signal: AbortSignal; done: () => void } {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(ReadingLate.after(limitMs)), limitMs);
  return { signal: AbortSignal.any([signal, late.signal]), done: () => clearTimeout(timer) };
}
