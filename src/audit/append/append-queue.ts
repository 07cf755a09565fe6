import { kernelError } from '../../kernel/errors/kernel.errors.js';

interface Waiting<T> {
  item: T;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface AppendQueueOptions<T> {
  /** Commits the batch, or throws and leaves nothing of it behind. */
  write: (batch: T[]) => Promise<void>;
  /** Items of one commit at most. */
  maxBatch: number;
  /** Items that may wait at once; whoever comes then is refused with service.unavailable. */
  maxWaiting: number;
}

/** Batches that are written at once: the second is filled while the database is at the first. */
const MAX_WRITERS = 2;

/**
 * Group commit: what comes while one batch is being written goes into the next, so that a burst costs a few commits and a lone
 * item waits for nothing. A caller is answered when its item is durable.
 */
export class AppendQueue<T> {
  private readonly waiting: Waiting<T>[] = [];
  private readonly writing = new Set<Promise<void>>();

  constructor(private readonly options: AppendQueueOptions<T>) {}

  /** @throws DomainError service.unavailable when too many wait; what the writing threw */
  append(item: T): Promise<void> {
    if (this.waiting.length >= this.options.maxWaiting) {
      return Promise.reject(
        kernelError('service.unavailable', {
          detail: 'Too many records wait to be written. Try again shortly.',
          retryAfterSeconds: 1,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.writing.size === 0) this.start(1);
      else if (this.writing.size < MAX_WRITERS && this.waiting.length >= this.options.maxBatch)
        this.start(this.options.maxBatch);
    });
  }

  /** Resolves when everything that waits now was written or refused. */
  async settled(): Promise<void> {
    while (this.writing.size > 0) await Promise.all(this.writing);
  }

  private start(least: number): void {
    const writing = this.drain(least).finally(() => {
      this.writing.delete(writing);
      // The other may have ended while too few waited for this one.
      if (this.waiting.length > 0 && this.writing.size === 0) this.start(1);
    });
    this.writing.add(writing);
  }

  /** @param least how many must wait for a further batch to be worth it */
  private async drain(least: number): Promise<void> {
    // What else comes in this turn of the event loop belongs to the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length >= least) await this.write(this.waiting.splice(0, this.options.maxBatch));
  }

  private async write(batch: Waiting<T>[]): Promise<void> {
    try {
      await this.options.write(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // Nobody knows whether a database that went away had committed: whoever writes the batch again could write all of it twice.
      if (batch.length === 1 || isUnavailable(error)) for (const { reject } of batch) reject(error);
      else await this.oneByOne(batch);
    }
  }

  /** One item that can't be stored must not take the others with it. A database that is away refuses the rest at once. */
  private async oneByOne(batch: Waiting<T>[]): Promise<void> {
    for (const [index, one] of batch.entries()) {
      try {
        await this.options.write([one.item]);
        one.resolve();
      } catch (error) {
        one.reject(error);
        if (!isUnavailable(error)) continue;
        for (const rest of batch.slice(index + 1)) rest.reject(error);
        return;
      }
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return (error as { kind?: string }).kind === 'unavailable';
}
