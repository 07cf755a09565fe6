import { sourceOf } from '../kernel/net/source-of.js';

/** What came from one source within one minute, in one process. */
export interface FailureCount {
  /** Address; for IPv6 the /64, which is what one subscriber has; OTHER_SOURCES when there were too many. */
  source: string;
  minute: Date;
  count: number;
  reasons: Record<string, number>;
}

export const OTHER_SOURCES = 'other sources';
const OTHER_REASONS = 'other';
const MAX_SOURCES_PER_MINUTE = 1000;
const MAX_REASONS = 20;
const MINUTE_MS = 60_000;

/** Counts failures of nobody known, in bounded memory: however many there are, a minute ends in at most 1001 records. */
export class AnonymousFailures {
  private readonly minutes = new Map<number, Map<string, FailureCount>>();

  count(address: string | null, reason: string, nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    let sources = this.minutes.get(minute);
    if (sources === undefined) {
      sources = new Map();
      this.minutes.set(minute, sources);
    }
    let source = sourceOf(address);
    if (!sources.has(source) && sources.size >= MAX_SOURCES_PER_MINUTE) source = OTHER_SOURCES;
    const entry = sources.get(source) ?? { source, minute: new Date(minute * MINUTE_MS), count: 0, reasons: {} };
    const known = Object.hasOwn(entry.reasons, reason) || Object.keys(entry.reasons).length < MAX_REASONS;
    const name = known ? reason : OTHER_REASONS;
    entry.count += 1;
    entry.reasons[name] = (Object.hasOwn(entry.reasons, name) ? (entry.reasons[name] ?? 0) : 0) + 1;
    sources.set(source, entry);
  }

  /** Takes out the minutes that are over; all of them when the process stops. */
  take(nowMs: number, everything = false): FailureCount[] {
    const current = Math.floor(nowMs / MINUTE_MS);
    const taken: FailureCount[] = [];
    for (const [minute, sources] of this.minutes) {
      if (minute >= current && !everything) continue;
      taken.push(...sources.values());
      this.minutes.delete(minute);
    }
    return taken;
  }
}
