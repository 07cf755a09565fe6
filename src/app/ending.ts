import type { Logger } from '../observability/logger.js';

const IMPATIENT_AFTER_MS = 2000;

/** Whatever has to be closed when the process ends, last opened first: after a signal, or when the start fails half-way. */
export class Ending {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private since: number | undefined;

  constructor(private readonly logger: Logger) {}

  /** To be called before the thing is opened or while it opens, so that no signal comes between. */
  closing(closer: () => Promise<unknown>): void {
    this.closers.push(closer);
  }

  /** Somebody wants the process to end: whatever fails from now on, fails for that. */
  get isAskedFor(): boolean {
    return this.since !== undefined;
  }

  /** @throws what the closers threw, after all of them were called: one that fails must not leave a database behind */
  async close(): Promise<void> {
    const faults: unknown[] = [];
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop())
      await closer().catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw new AggregateError(faults, 'not everything could be closed');
  }

  /** SIGTERM and SIGINT end the process in order. A second signal, two seconds later or more, doesn't wait. */
  listen(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (received) => void this.end(received));
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.since !== undefined) {
      // A terminal and a supervisor may both pass one Ctrl-C on: only somebody who asks again later has lost patience.
      if (performance.now() - this.since > IMPATIENT_AFTER_MS) process.exit(1);
      return;
    }
    this.since = performance.now();
    this.logger.info({ signal }, 'stopping');
    try {
      await this.close();
      process.exit(0);
    } catch (error) {
      this.logger.error({ err: error }, 'the service could not stop cleanly');
      process.exit(1);
    }
  }
}
