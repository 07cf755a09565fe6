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
