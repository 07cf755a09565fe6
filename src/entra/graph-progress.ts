/**
 * Whether a tenant keeps us waiting: something is asked of it, and for a while nothing came that helps. Pauses that it asks for count as
 * much as answers that don't come; while nothing is asked, as when what came is being looked at, it keeps nobody waiting.
 */
export class GraphProgress {
  /** What the newest request ended with, in words for people; null before the first. */
  lastOutcome: string | null = null;
  private asked = 0;
  private since = 0;

  constructor(
    /** Milliseconds of a clock that never jumps. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  async waiting<T>(work: () => Promise<T>): Promise<T> {
    if (this.asked === 0) this.since = this.now();
    this.asked += 1;
    try {
      return await work();
    } finally {
      this.asked -= 1;
    }
  }

  /** An answer came that leads on: also one that refuses what was asked. */
  came(): void {
    this.since = this.now();
  }

  stalledMs(): number {
    return this.asked === 0 ? 0 : this.now() - this.since;
  }
}
