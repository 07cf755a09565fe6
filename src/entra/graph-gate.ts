import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One at a time, and the next not before `spacingMs` after the previous ended; for limits that count per tenant. From its end, because
 * nobody knows when between its beginning and that it was counted.
 */
export class SerialGate {
  private last: Promise<void> = Promise.resolve();
  private endedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly spacingMs: number) {}

  /** Runs the work when its turn has come. A caller that gives up leaves the queue without holding up the others. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.last;
    let endTurn: () => void = () => undefined;
    this.last = new Promise((end) => {
      endTurn = end;
    });
    try {
      await before;
      signal.throwIfAborted();
      const wait = this.endedAt + this.spacingMs - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal });
      try {
        return await work();
      } finally {
        this.endedAt = performance.now();
      }
    } finally {
      endTurn();
    }
  }
}

/** At most `size` at once. */
export class ConcurrencyGate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly size: number) {}

  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.running >= this.size) await new Promise<void>((proceed) => this.waiting.push(proceed));
    else this.running += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The place is handed on, not freed and taken again: nobody can slip in between.
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
