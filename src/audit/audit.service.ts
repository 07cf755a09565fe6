import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import type { CallerActor } from '../access/actor.js';
import { KeyRing } from '../crypto/key-ring.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { currentContext } from '../kernel/context/request-context.js';
import { newId } from '../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { AnonymousFailures, type FailureCount } from './anonymous-failures.js';
import { AppendQueue } from './append/append-queue.js';
import { AuditAppendRepository } from './append/audit-append.repository.js';
import { type Happening, newAuditRow, newAuditRows, type RecordSource } from './append/new-audit-row.js';
import { AUDIT_ACTIONS } from './audit.events.js';
import { AuditRepository } from './audit.repository.js';
import { ANONYMOUS, type AuditAction, type AuditActor, type AuditEntry, type AuditOutcome } from './audit.types.js';
import type { AuditRow } from './log/canonical-record.js';
import { openStates } from './log/open-states.js';
import type { AuditFilter } from './read/audit-filter.js';

const FLUSH_INTERVAL_MS = 5000;
/** Records of one commit; more gain nothing. */
const MAX_GROUP = 1000;
/** Records that wait for their commit: about 50 MB, and several seconds of work for the database. */
const MAX_WAITING = 50_000;

/** Why and to whom something was refused. */
export interface Denial {
  /** The permission that was missing; null when it wasn't for one. */
  permission: string | null;
  /** Method and route template, such as `PATCH /users/:id`. */
  route: string;
  reason: string;
}

/**
 * The trail: who did what to what, with which outcome. A mutation's record is written in the mutation's transaction, so that
 * neither exists without the other. Request id, trace id, source address and user agent come from the request context.
 */
@Injectable()
export class AuditService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly failures = new AnonymousFailures();
  private readonly queue: AppendQueue<Happening>;
  /** Counts that could not be written yet. */
  private unwritten: FailureCount[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly appends: AuditAppendRepository,
    private readonly events: AuditRepository,
    private readonly keys: KeyRing,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditEvents) private readonly written: Counter,
  ) {
    this.queue = new AppendQueue({
      write: (happenings) => this.write(happenings),
      maxBatch: MAX_GROUP,
      maxWaiting: MAX_WAITING,
    });
  }

  /** Writes the record of a mutation in the mutation's transaction. */
  async record(tx: Transaction, actor: AuditActor, entry: AuditEntry): Promise<void> {
    await this.appends.insert(tx, await newAuditRow(this.keys, actor, entry));
    this.written.inc({ outcome: entry.outcome });
  }

  /** The same for a change that ends many things at once: one record of each. */
  async recordAll(tx: Transaction, actor: AuditActor, entries: readonly AuditEntry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += MAX_GROUP) {
      const group = entries.slice(from, from + MAX_GROUP);
      const happenings = group.map((entry) => ({ id: newId(), actor, entry, source: currentContext() }));
      await this.appends.insertMany(tx, await newAuditRows(this.keys, happenings));
      this.count(happenings);
    }
  }

  /**
   * Writes a record of what changed nothing, such as a sign-in that failed: committed together with what else is recorded at that
   * moment, and durable when this resolves. Until then the entry may not be changed.
   */
  recordAlone(actor: AuditActor, entry: AuditEntry): Promise<void> {
    return this.queue.append({ id: newId(), actor, entry, source: currentContext() });
  }

  /** Writes what was refused to somebody known. */
  recordDenial(actor: CallerActor, denial: Denial): Promise<void> {
    return this.recordAlone(actor, {
      action: AUDIT_ACTIONS['access.request.denied'],
      tenantId: null,
      target: { type: 'route', id: denial.route },
      outcome: 'denied',
      reason: denial.reason,
      ...(denial.permission === null ? {} : { after: { permission: denial.permission } }),
    });
  }

  /**
   * Counts a failure of nobody known. One record per source and minute is written when the minute is over, so that nobody can
   * flood the trail.
   *
   * @param reason an error code, never what the caller sent
   */
  countAnonymousFailure(reason: string): void {
    this.failures.count(currentContext()?.sourceAddress ?? null, reason, Date.now());
  }

  /** Newest first. */
  async search(filter: AuditFilter, limit: number, cursor?: string): Promise<Page<AuditRow>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    const rows = await this.transactions.read((tx) => this.events.findPage(tx, filter, limit + 1, before));
    const { items, nextCursor } = pageOf(rows, limit);
    return { items: await Promise.all(items.map((row) => openStates(this.keys, row))), nextCursor };
  }

  /** Whether the trail went on since then, but for records of this action whose target's name begins so. */
  wentOnSince(tx: Transaction, since: Date, action: AuditAction, targetName: string): Promise<boolean> {
    return this.events.isOtherSince(tx, since, action, targetName);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flushCounts(false), FLUSH_INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flushCounts(true);
  }

  /** What was counted while the last requests ended. */
  async onApplicationShutdown(): Promise<void> {
    await this.flushCounts(true);
    await this.queue.settled();
  }

  /** Writes the counts of past minutes; what can't be written stays for the next time. */
  async flushCounts(everything: boolean): Promise<void> {
    const counts = [...this.unwritten, ...this.failures.take(Date.now(), everything)];
    this.unwritten = [];
    const outcomes = await Promise.allSettled(counts.map((count) => this.recordCount(count)));
    const failed = counts.filter((_count, index) => outcomes[index]?.status === 'rejected');
    if (failed.length === 0) return;
    this.unwritten.push(...failed);
    const cause = outcomes.find((outcome) => outcome.status === 'rejected')?.reason as unknown;
    this.logger.warn({ err: cause, records: failed.length }, 'counted failures could not be written yet');
  }

  private recordCount({ source, minute, count, reasons }: FailureCount): Promise<void> {
    const entry: AuditEntry = {
      action: AUDIT_ACTIONS['auth.anonymous.failed'],
      tenantId: null,
      target: null,
      outcome: 'failure',
      reason: Object.keys(reasons).sort().join(', '),
      after: { minute: minute.toISOString(), count, reasons },
    };
    const from: RecordSource = { sourceAddress: source, userAgent: null, requestId: null, traceId: null };
    return this.queue.append({ id: newId(), actor: ANONYMOUS, entry, source: from });
  }

  /** One commit. */
  private async write(happenings: readonly Happening[]): Promise<void> {
    await this.appends.insertAll(await newAuditRows(this.keys, happenings));
    this.count(happenings);
  }

  private count(happenings: readonly Happening[]): void {
    const counts = new Map<AuditOutcome, number>();
    for (const { entry } of happenings) counts.set(entry.outcome, (counts.get(entry.outcome) ?? 0) + 1);
    for (const [outcome, count] of counts) this.written.inc({ outcome }, count);
  }
}
