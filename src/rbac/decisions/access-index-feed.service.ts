import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ChangeFeed, type ChangeListener } from '../../database/change-feed.service.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { AccessIndex } from './access-index.js';
import { AccessIndexRepository, type HistoryPosition } from './access-index.repository.js';

/** For so long an announced revision may be missing in what is believed: what the feed's 750 ms leave of the second. */
const BEHIND_MS = 150;
/** Of more changes than these the whole is read again: it's quicker. */
const MOST_CHANGES = 200_000;
const RETRY_MS = 1000;

/**
 * Keeps the index at the database's revision: loads the whole when the process starts, then reads from history what each announced
 * revision changed. Whoever decides asks `current` each time; while that is null, the database decides.
 */
@Injectable()
export class AccessIndexFeed implements ChangeListener, OnApplicationShutdown {
  /** Null until it has been loaded. */
  private index: AccessIndex | null = null;
  private position: HistoryPosition = { revision: 0, identity: null, row: null };
  /** Announced and not in the index yet, oldest first. */
  private pending: { revision: number; announcedAt: number }[] = [];
  private waiting: { revision: number; settle: () => void }[] = [];
  private working: Promise<void> | null = null;
  private hasMore = false;
  /** Something may have been missed that hasn't been read yet. */
  private mustRead = true;
  private isBelievable = false;
  private stopped = false;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: AccessIndexRepository,
    private readonly feed: ChangeFeed,
    private readonly clock: DatabaseClock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    feed.subscribe(['access'], this);
  }

  /** The index, if it may be believed at this moment. Not to be kept over an await. @param nowMs performance.now() */
  current(nowMs: number = performance.now()): AccessIndex | null {
    if (!this.isBelievable || !this.feed.isFresh(nowMs)) return null;
    const [oldest] = this.pending;
    if (this.index === null || (oldest !== undefined && nowMs - oldest.announcedAt >= BEHIND_MS)) return null;
    this.index.nowMs = this.clock.nowMs();
    return this.index;
  }

  changed(_topic: string, key: string): void {
    const revision = Number(key);
    if (revision <= (this.index?.revision ?? 0)) return;
    this.pending.push({ revision, announcedAt: performance.now() });
    void this.follow();
  }

  /** The feed doesn't wait for it: what isn't read yet is not believed. */
  missed(): void {
    this.mustRead = true;
    this.isBelievable = false;
    this.index?.timeHasJumped();
    void this.follow();
  }

  /** Returns when all that was announced is in the index, or isn't believed. */
  async caughtUp(): Promise<void> {
    const last = this.pending.at(-1);
    if (last === undefined || !this.isBelievable) return;
    await new Promise<void>((settle) => this.waiting.push({ revision: last.revision, settle }));
  }

  /** Reads what there is now, announced or not, for at most so long. */
  async readNow(atMostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, atMostMs);
    });
    await Promise.race([this.follow(), late]);
    clearTimeout(timer);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.isBelievable = false;
    await this.working;
  }

  private follow(): Promise<void> {
    this.hasMore = true;
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
    return this.working;
  }

  private async work(): Promise<void> {
    while (this.hasMore && !this.stopped) {
      this.hasMore = false;
      this.mustRead = false;
      try {
        if (this.index === null) await this.load();
        else await this.catchUp(this.index);
        this.isBelievable = !this.mustRead && !this.stopped;
      } catch (error) {
        this.failed(error);
        return;
      }
    }
  }

  private async load(): Promise<void> {
    const startedAt = performance.now();
    const index = new AccessIndex();
    const position = await this.transactions.run((tx) =>
      this.repository.loadWhole(tx, (changes) => {
        if (this.stopped) throw new Error('the process ends');
        index.apply(changes);
      }),
    );
    index.revision = position.revision;
    this.position = position;
    this.index = index;
    this.settle(index.revision);
    this.hasMore ||= this.pending.length > 0;
    const ms = Math.round(performance.now() - startedAt);
    this.logger.info({ ...index.size, revision: index.revision, ms }, 'decisions are made from memory');
  }

  private async catchUp(index: AccessIndex): Promise<void> {
    let count = 0;
    do {
      const page = await this.transactions.read((tx) => this.repository.changesAfter(tx, this.position));
      count += page.changes.length;
      // A database that was set back tells another story than the one that was read.
      const isAnotherHistory = this.position.row === null && page.identity !== this.position.identity;
      const isOther =
        isAnotherHistory || page.current < index.revision || page.changes.some(({ kind }) => kind === 'reset');
      if (isOther || count > MOST_CHANGES) {
        this.index = null;
        this.isBelievable = false;
        await this.load();
        return;
      }
      // Half of a revision must not decide.
      if (page.next.row !== null) this.isBelievable = false;
      index.apply(page.changes);
      this.position = page.next;
      if (page.next.row === null) index.revision = page.current;
    } while (this.position.row !== null && !this.stopped);
    this.settle(index.revision);
  }

  private settle(revision: number): void {
    this.pending = this.pending.filter((announced) => announced.revision > revision);
    const settled = this.waiting.filter((waiter) => waiter.revision <= revision);
    this.waiting = this.waiting.filter((waiter) => waiter.revision > revision);
    for (const { settle } of settled) settle();
  }

  private failed(error: unknown): void {
    this.isBelievable = false;
    this.settle(Number.POSITIVE_INFINITY);
    if (this.stopped) return;
    this.logger.warn({ err: error }, 'what decides could not be read; decisions are made by the database');
    setTimeout(() => !this.stopped && void this.follow(), RETRY_MS).unref();
  }
}
