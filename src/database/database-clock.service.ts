import { Injectable } from '@nestjs/common';

/** How long a sample with a short round trip is preferred to newer ones with longer ones. */
const KEEP_BEST_MS = 10_000;
/** More than two clocks drift apart between samples. */
const JUMP_MS = 1000;

/**
 * The database's time without asking each time: its difference to this process's monotonic clock, measured with each pulse of
 * the change feed. What this instance's own wall clock says, or jumps to, decides nothing.
 */
@Injectable()
export class DatabaseClock {
  /** Database time minus performance.now(), milliseconds. Until the first sample the host's own. */
  private offsetMs = Date.now() - performance.now();
  private roundTripMs = Number.POSITIVE_INFINITY;
  private sampledAt = Number.NEGATIVE_INFINITY;

  /** Unix time in milliseconds. Good to half of the best round trip of the last seconds. */
  nowMs(): number {
    return performance.now() + this.offsetMs;
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /**
   * @param databaseMs what the database said, Unix milliseconds
   * @param sentAt performance.now() before the question
   * @param answeredAt performance.now() after the answer
   * @returns whether time has jumped since the last sample: the host was suspended, or somebody set the database's clock
   */
  sample(databaseMs: number, sentAt: number, answeredAt: number): boolean {
    const roundTrip = answeredAt - sentAt;
    const offset = databaseMs - (sentAt + answeredAt) / 2;
    const hasJumped = Math.abs(offset - this.offsetMs) > JUMP_MS + roundTrip;
    const isWorse = roundTrip > this.roundTripMs && answeredAt - this.sampledAt < KEEP_BEST_MS;
    const isFirst = this.roundTripMs === Number.POSITIVE_INFINITY;
    if (isWorse && !hasJumped) return false;
    this.offsetMs = offset;
    this.roundTripMs = roundTrip;
    this.sampledAt = answeredAt;
    return hasJumped && !isFirst;
  }
}
