import { setTimeout as sleep } from 'node:timers/promises';
import type { ThrottleScope, ThrottleTold } from './throttle-told.js';

/** Graph counts resource units over ten seconds. */
const WINDOW_MS = 10_000;
/** Spends of this long count as one. */
const GRAIN_MS = 100;
/** From here on Graph tells how near the limit is; an answer that doesn't tell was below. */
const TOLD_FROM = 0.8;
/** The share of the limit that we use: what others ask for in our name, and clocks that differ, have the rest. */
const USED_TO = 0.95;

/**
 * Keeps what is asked of one tenant below Graph's limit on resource units, once answers tell how near it is, and sends nothing into
 * a refusal that is known to hold for all of it. Until an answer tells so nothing waits.
 */
export class ThrottlePace {
  /** Oldest first. */
  private spends: { at: number; units: number }[] = [];
  private spent = 0;
  /** Requests that left and weren't answered. */
  private away = 0;
  /** Of all answers so far, for what is still away. */
  private readonly mean = { units: 1, answers: 1 };
  /** Our part of the limit, in units of a window; null while nothing is known of it. */
  private limit: number | null = null;
  private readonly closedUntil = { read: 0, write: 0 };

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /**
   * Waits until a request may leave; whoever asked then calls `back` once, whatever becomes of it.
   *
   * @param requests how many are sent in one
   * @returns how long it waited, in ms
   */
  async leave(isWrite: boolean, requests: number, signal: AbortSignal): Promise<number> {
    let waited = 0;
    for (;;) {
      const wait = this.waitMs(isWrite, requests);
      if (wait <= 0) break;
      await sleep(wait, undefined, { signal });
      waited += wait;
    }
    this.away += requests;
    return waited;
  }

  back(requests: number): void {
    this.away -= requests;
  }

  /** How long a request has to wait as things are now, in ms; after that it asks again. */
  waitMs(isWrite: boolean, requests: number): number {
    const now = this.clock();
    const closed = this.closedUntil[isWrite ? 'write' : 'read'] - now;
    if (closed > 0) return closed;
    this.forget(now);
    const first = this.spends[0];
    // Alone in the window it leaves, however little the limit seems to be.
    if (this.limit === null || first === undefined) return 0;
    const perRequest = this.mean.units / this.mean.answers;
    const needed = this.spent + (this.away + requests) * perRequest - this.limit * USED_TO;
    if (needed <= 0) return 0;
    return this.untilFree(needed, now);
  }

  /** One request was answered, or one item of a batch. */
  answered({ units, share }: ThrottleTold): void {
    if (units === null) return;
    const now = this.clock();
    this.forget(now);
    const last = this.spends.at(-1);
    if (last !== undefined && now - last.at < GRAIN_MS) last.units += units;
    else this.spends.push({ at: now, units });
    this.spent += units;
    this.mean.units += units;
    this.mean.answers += 1;
    if (share !== null && share >= TOLD_FROM) this.limit = this.spent / share;
    else if (this.limit !== null && this.spent > this.limit * TOLD_FROM) this.limit = null;
  }

  /** Graph refused a request and said for how long; where that holds for all that is asked of the tenant, all of it waits. */
  refused(scope: ThrottleScope, retryAfterMs: number): void {
    if (!scope.isWhole) return;
    const until = this.clock() + retryAfterMs;
    if (scope.isOfReads) this.closedUntil.read = Math.max(this.closedUntil.read, until);
    if (scope.isOfWrites) this.closedUntil.write = Math.max(this.closedUntil.write, until);
  }

  /** When so much of what was spent is out of the window. */
  private untilFree(needed: number, now: number): number {
    let freed = 0;
    let at = now;
    for (const spend of this.spends) {
      freed += spend.units;
      at = spend.at;
      if (freed >= needed) break;
    }
    return Math.max(1, at + GRAIN_MS + WINDOW_MS - now);
  }

  private forget(now: number): void {
    let past = 0;
    for (const { at, units } of this.spends) {
      if (at + GRAIN_MS + WINDOW_MS > now) break;
      this.spent -= units;
      past += 1;
    }
    if (past > 0) this.spends = this.spends.slice(past);
  }
}
