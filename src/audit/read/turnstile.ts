import { auditReadError } from './audit-read.errors.js';

export interface TurnstileOptions {
  /** How many may be inside at once. */
  inside: number;
  /** How many may wait for their turn; 0: whoever finds it full is refused. */
  waiting: number;
}

/** Lets a few in at once: what each of them does costs the database a lot. */
export class Turnstile {
  private inside = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly options: TurnstileOptions) {}

  /**
   * @returns what has to be called when leaving, once or more often
   * @throws DomainError audit.too_busy
   */
  async enter(): Promise<() => void> {
    if (this.inside < this.options.inside) this.inside += 1;
    else await this.wait();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.queue.shift();
      // Whoever was waiting takes the place over, so that nobody new can slip in.
      if (next === undefined) this.inside -= 1;
      else next();
    };
  }

  private wait(): Promise<void> {
    if (this.queue.length >= this.options.waiting)
      return Promise.reject(auditReadError('audit.too_busy', { retryAfterSeconds: 5 }));
    return new Promise((resolve) => this.queue.push(resolve));
  }
}
