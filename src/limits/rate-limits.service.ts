import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { DatabaseClock } from '../database/database-clock.service.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { currentContext } from '../kernel/context/request-context.js';
import { sourceOf } from '../kernel/net/source-of.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { BURST_MS, intervalMs } from './gcra.js';
import { LocalCells } from './local-cells.js';
import { RateLimitsRepository } from './rate-limits.repository.js';

export type LimitName = 'sign-ins' | 'tokens' | 'failures' | 'frames';

const MAX_CELLS = 20_000;
const SETTLE_MS = 250;
/** A row that says nothing any more may stay for so long. */
const CLEAN_MS = 2000;

/**
 * How much one source of requests may do, over all instances. Per source and never per account: nobody can use up what belongs
 * to somebody else. See docs/security/rate-limits.md.
 */
@Injectable()
export class RateLimits implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly cells = new LocalCells(MAX_CELLS);
  private readonly perMinute: Record<LimitName, number>;
  private timer: NodeJS.Timeout | undefined;
  private settling: Promise<void> | undefined;
  private cleanedAt = Number.NEGATIVE_INFINITY;
  private hasWritten = false;
  private isAway = false;

  constructor(
    settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly repository: RateLimitsRepository,
    private readonly clock: DatabaseClock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.perMinute = {
      'sign-ins': settings.RATE_LIMIT_SIGN_INS_PER_MINUTE,
      tokens: settings.RATE_LIMIT_TOKENS_PER_MINUTE,
      failures: settings.RATE_LIMIT_FAILURES_PER_MINUTE,
      frames: settings.RATE_LIMIT_SIGN_INS_PER_MINUTE,
    };
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.settle(), SETTLE_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.settle();
  }

  /**
   * Counts the request of the current context in the database, in one statement: exact over all instances. For what writes to
   * the database anyway.
   *
   * @returns milliseconds to wait when there were too many, else 0
   * @throws DomainError service.unavailable
   */
  async takeExact(name: LimitName): Promise<number> {
    const interval = this.intervalOf(name);
    if (interval === null) return 0;
    const key = keyOf(name);
    this.hasWritten = true;
    return this.transactions.read(async (tx) => {
      if (await this.repository.take(tx, key, interval)) return 0;
      return Math.max(1, (await this.repository.aheadMs(tx, key)) + interval - BURST_MS);
    });
  }

  /**
   * Counts the request of the current context in memory. What other instances count is learnt, and told them, four times a
   * second; while the database is away each instance decides by itself.
   *
   * @returns milliseconds to wait when there were too many, else 0
   */
  take(name: LimitName): number {
    const interval = this.intervalOf(name);
    return interval === null ? 0 : this.cells.take(keyOf(name), this.clock.nowMs(), interval);
  }

  /** The same without counting anything. */
  wait(name: LimitName): number {
    const interval = this.intervalOf(name);
    return interval === null ? 0 : this.cells.waitMs(keyOf(name), this.clock.nowMs(), interval);
  }

  /** A credential was refused to the source of the current context. */
  noteFailure(): void {
    const interval = this.intervalOf('failures');
    if (interval !== null) this.cells.use(keyOf('failures'), this.clock.nowMs(), interval);
  }

  /** Tells the database what was used here, and learns what was used elsewhere. */
  settle(): Promise<void> {
    this.settling ??= this.exchange().finally(() => {
      this.settling = undefined;
    });
    return this.settling;
  }

  private async exchange(): Promise<void> {
    const uses = this.cells.drain(this.clock.nowMs());
    let isAdded = false;
    try {
      if (uses.length > 0) {
        this.hasWritten = true;
        const settled = await this.transactions.read((tx) => this.repository.add(tx, uses));
        isAdded = true;
        for (const { key, freeAtMs } of settled) this.cells.settled(key, freeAtMs);
        const usedUp = await this.transactions.read((tx) => this.repository.findUsedUp(tx));
        for (const { key, freeAtMs } of usedUp) this.cells.learn(key, freeAtMs);
      }
      await this.clean();
      this.isAway = false;
    } catch (error) {
      if (!isAdded) this.cells.putBack(uses);
      if (!this.isAway) this.logger.warn({ err: error }, 'limits are not shared; each instance counts by itself');
      this.isAway = true;
    }
  }

  private async clean(): Promise<void> {
    const now = performance.now();
    if (!this.hasWritten || now - this.cleanedAt < CLEAN_MS) return;
    this.cleanedAt = now;
    // What was written last is refilled within a minute: until nothing is found there is something to come.
    await this.transactions.read((tx) => this.repository.deleteRefilled(tx));
  }

  /** Null: no limit. */
  private intervalOf(name: LimitName): number | null {
    const perMinute = this.perMinute[name];
    return perMinute === 0 ? null : intervalMs(perMinute);
  }
}

function keyOf(name: LimitName): string {
  return `${name} ${sourceOf(currentContext()?.sourceAddress ?? null)}`;
}
