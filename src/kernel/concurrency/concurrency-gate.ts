/** At most `size` at once, in the order in which they came. */
export class ConcurrencyGate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly size: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.size) await new Promise<void>((proceed) => this.waiting.push(proceed));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, not freed and taken again: nobody can slip in between.
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
