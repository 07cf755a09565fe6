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
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { currentContext } from '../kernel/context/request-context.js';
import { newId } from '../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { AnonymousFailures, type FailureCount } from './anonymous-failures.js';
import { AUDIT_ACTIONS } from './audit.events.js';
import { type AuditFilter, AuditRepository, type NewAuditEvent } from './audit.repository.js';
import { ANONYMOUS, type AuditActor, type AuditEntry } from './audit.types.js';
import type { AuditEvent } from './audit-event.entity.js';
import { maskSecrets } from './mask-secrets.js';
import { singleLine } from './single-line.js';

const FLUSH_INTERVAL_MS = 5000;
const FLUSH_BATCH = 200;
const NAME_LENGTH = 256;
const ID_LENGTH = 512;
const TEXT_LENGTH = 1024;

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
  /** Counts that could not be written yet. */
  private unwritten: FailureCount[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly events: AuditRepository,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditEvents) private readonly written: Counter,
  ) {}

  /** Writes the record of a mutation in the mutation's transaction. */
  async record(tx: Transaction, actor: AuditActor, entry: AuditEntry): Promise<void> {
    await this.events.insert(tx, [eventOf(actor, entry)]);
    this.written.inc({ outcome: entry.outcome });
  }

  /** Writes a record in a transaction of its own: for what changed nothing, such as a sign-in that failed. */
  recordAlone(actor: AuditActor, entry: AuditEntry): Promise<void> {
    return this.transactions.run((tx) => this.record(tx, actor, entry));
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
  async search(filter: AuditFilter, limit: number, cursor?: string): Promise<Page<AuditEvent>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.events.findPage(tx, filter, limit + 1, before)), limit);
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
  onApplicationShutdown(): Promise<void> {
    return this.flushCounts(true);
  }

  /** Writes the counts of past minutes; what can't be written stays for the next time. */
  async flushCounts(everything: boolean): Promise<void> {
    const counts = [...this.unwritten, ...this.failures.take(Date.now(), everything)];
    this.unwritten = [];
    for (let start = 0; start < counts.length; start += FLUSH_BATCH) {
      const batch = counts.slice(start, start + FLUSH_BATCH);
      try {
        await this.transactions.run((tx) => this.events.insert(tx, batch.map(countedEvent)));
        this.written.inc({ outcome: 'failure' }, batch.length);
      } catch (error) {
        this.unwritten.push(...batch);
        this.logger.warn({ err: error, records: batch.length }, 'counted failures could not be written yet');
      }
    }
  }
}

function eventOf(actor: AuditActor, entry: AuditEntry): NewAuditEvent {
  const context = currentContext();
  return {
    id: newId(),
    action: entry.action,
    outcome: entry.outcome,
    reason: line(entry.reason, TEXT_LENGTH),
    actorType: actor.type,
    actorId: line(actor.id, ID_LENGTH),
    actorName: line(actor.displayName, NAME_LENGTH),
    sessionId: actor.type === 'user' ? actor.sessionId : null,
    tenantId: entry.tenantId,
    targetType: line(entry.target?.type, NAME_LENGTH),
    targetId: line(entry.target?.id, ID_LENGTH),
    targetName: line(entry.target?.displayName, NAME_LENGTH),
    sourceAddress: line(context?.sourceAddress, NAME_LENGTH),
    userAgent: line(context?.userAgent, TEXT_LENGTH),
    requestId: line(context?.requestId, NAME_LENGTH),
    traceId: line(context?.traceId, NAME_LENGTH),
    stateBefore: state(entry.before),
    stateAfter: state(entry.after),
  };
}

function countedEvent({ source, minute, count, reasons }: FailureCount): NewAuditEvent {
  return {
    ...eventOf(ANONYMOUS, {
      action: AUDIT_ACTIONS['auth.anonymous.failed'],
      tenantId: null,
      target: null,
      outcome: 'failure',
      reason: Object.keys(reasons).sort().join(', '),
      after: { minute: minute.toISOString(), count, reasons },
    }),
    sourceAddress: line(source, NAME_LENGTH),
  };
}

function line(text: string | null | undefined, limit: number): string | null {
  return text === null || text === undefined ? null : singleLine(text, limit);
}

function state(value: JsonObject | undefined): string | null {
  return value === undefined ? null : canonicalJson(maskSecrets(value));
}
