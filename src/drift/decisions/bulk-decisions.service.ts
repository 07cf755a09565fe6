import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { JobQueue } from '../../jobs/job-queue.service.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { TenantAccess } from '../tenant-access/tenant-access.service.js';
import { type BulkDecision, type BulkRequest, type BulkRow, MAX_ROW_ATTEMPTS } from './bulk-decision.types.js';
import { BulkDecisionsRepository } from './bulk-decisions.repository.js';
import { ChangeDecisions } from './change-decisions.service.js';

/** The queue's task, and the name of its queue. */
export const DECIDE_IN_BULK = 'drift.decide-in-bulk';
/** What a row is refused for says something about the row; anything else is worth another try. */
const REFUSALS = new Set(['invalid', 'denied', 'not_found', 'conflict', 'precondition_failed']);

/**
 * One decision on many changes, as one job. Each row is decided in a transaction of its own together with its answer, so that
 * whatever dies in between decides no row twice and leaves none out.
 */
@Injectable()
export class BulkDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly bulks: BulkDecisionsRepository,
    private readonly decisions: ChangeDecisions,
    private readonly access: TenantAccess,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly queue: JobQueue,
  ) {
    queue.register(DECIDE_IN_BULK, (payload, { signal }) => this.work(String(payload['id']), signal));
  }

  /**
   * Hands a decision in. The same key with the same request is the same decision; whoever sends it again gets what became of it.
   *
   * @throws DomainError drift.idempotency_key_reused
   */
  request(actor: CallerActor, key: string, request: BulkRequest): Promise<BulkDecision> {
    const { kind, reason, until, rows } = request;
    const text = canonicalJson([kind, reason, until?.toISOString() ?? null, rows.map((row) => ({ ...row }))]);
    const requestHash = Buffer.from(hash('sha256', text), 'hex');
    return this.transactions.run(async (tx) => {
      const id = await this.bulks.insert(tx, actor, key, requestHash, request);
      if (id === null) return this.sameAgain(tx, actor, key, requestHash);
      await this.enqueue(tx, id);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.bulk_decision.requested'],
        tenantId: null,
        target: { type: 'drift-bulk-decision', id },
        outcome: 'success',
        reason,
        after: { decision: kind, rows: rows.length },
      });
      return this.found(tx, id);
    });
  }

  /** Unless it is queued already. Whoever hands in many holds up those after them, and no alert. */
  enqueue(tx: Transaction, id: string): Promise<void> {
    const options = { jobKey: `${DECIDE_IN_BULK}:${id}`, queueName: DECIDE_IN_BULK, keepExisting: true };
    return this.queue.add(tx, DECIDE_IN_BULK, { id }, options);
  }

  /**
   * @param tenants whose drift the reader may see: of one's own decisions everything, else those that are about these alone
   * @throws DomainError drift.bulk_not_found
   */
  get(reader: CallerActor, tenants: TenantsInReach, id: string): Promise<BulkDecision> {
    return this.transactions.read((tx) => this.visible(tx, reader, tenants, id));
  }

  /**
   * @param after position of the last row that is known
   * @throws DomainError drift.bulk_not_found
   */
  rows(reader: CallerActor, tenants: TenantsInReach, id: string, limit: number, after: number): Promise<BulkRow[]> {
    return this.transactions.read(async (tx) => {
      await this.visible(tx, reader, tenants, id);
      return this.bulks.findRows(tx, id, limit, after);
    });
  }

  /**
   * Tries each row that waits once; another instance may be at it, and a run before may have died.
   *
   * @throws Error when rows failed that are to be tried again: by the queue's next run
   */
  async work(id: string, signal: AbortSignal): Promise<void> {
    const bulk = await this.transactions.read((tx) => this.found(tx, id));
    let position: number | null = 0;
    let isToBeTriedAgain = false;
    while (position !== null) {
      signal.throwIfAborted();
      const tried: TriedRow = await this.decideNext(bulk, position);
      position = tried.position;
      isToBeTriedAgain ||= tried.isToBeTriedAgain;
    }
    if (isToBeTriedAgain) throw new Error('rows of a bulk decision failed and wait for another try');
    await this.transactions.run(async (tx) => {
      if (!(await this.bulks.finish(tx, id))) return;
      const { actor, kind, total, decided, refused, failed } = await this.found(tx, id);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.bulk_decision.completed'],
        tenantId: null,
        target: { type: 'drift-bulk-decision', id },
        outcome: 'success',
        after: { decision: kind, rows: total, decided, refused, failed },
      });
    });
  }

  /** Whoever handed it in is asked for their right at each row: it may be taken from them while the job runs. */
  private async decideNext({ id, actor, kind, reason, until }: BulkDecision, after: number): Promise<TriedRow> {
    const tenants = await this.access.inReach(actor, 'drift:decide');
    let taken: BulkRow | null = null;
    try {
      await this.transactions.run(async (tx) => {
        taken = await this.bulks.takeNext(tx, id, after);
        if (taken === null) return;
        if (tenants?.length === 0) throw driftError('drift.right_lost');
        const { position, changeId, version } = taken;
        await this.decisions.decideWithin(tx, actor, changeId, version, { kind, reason, until }, 'alone', tenants);
        await this.bulks.answer(tx, id, position, { outcome: 'decided', code: null, title: null });
      });
      return { position: positionOf(taken), isToBeTriedAgain: false };
    } catch (error) {
      const position = positionOf(taken);
      // Not about a row: the database is away.
      if (position === null) throw error;
      if (error instanceof DomainError && REFUSALS.has(error.kind)) {
        await this.answer(id, position, 'refused', error);
        return { position, isToBeTriedAgain: false };
      }
      const attempts = await this.transactions.run((tx) => this.bulks.countAttempt(tx, id, position));
      this.logger.warn({ err: error, bulkDecisionId: id, position, attempts }, 'a row of a bulk decision failed');
      const isGivenUp = attempts >= MAX_ROW_ATTEMPTS;
      if (isGivenUp) await this.answer(id, position, 'failed', driftError('drift.row_failed'));
      return { position, isToBeTriedAgain: !isGivenUp };
    }
  }

  private answer(id: string, position: number, outcome: 'refused' | 'failed', { code, title }: DomainError) {
    return this.transactions.run((tx) => this.bulks.answer(tx, id, position, { outcome, code, title }));
  }

  private async sameAgain(
    tx: Transaction,
    actor: CallerActor,
    key: string,
    requestHash: Buffer,
  ): Promise<BulkDecision> {
    const before = await this.bulks.findByKey(tx, actor.id, key);
    if (before === null || !before.requestHash.equals(requestHash)) throw driftError('drift.idempotency_key_reused');
    return this.found(tx, before.id);
  }

  private async visible(
    tx: Transaction,
    reader: CallerActor,
    tenants: TenantsInReach,
    id: string,
  ): Promise<BulkDecision> {
    const bulk = await this.found(tx, id);
    if (tenants === null || bulk.actor.id === reader.id) return bulk;
    const concerned = await this.bulks.tenantsOf(tx, id);
    if (concerned.length === 0 || concerned.some((tenant) => !tenants.includes(tenant)))
      throw driftError('drift.bulk_not_found');
    return bulk;
  }

  private async found(tx: Transaction, id: string): Promise<BulkDecision> {
    const bulk = await this.bulks.findById(tx, id);
    if (bulk === null) throw driftError('drift.bulk_not_found');
    return bulk;
  }
}

/** What became of a try: null where no row waits that nobody is at. */
interface TriedRow {
  position: number | null;
  isToBeTriedAgain: boolean;
}

/** Written by the closure of a transaction, which the compiler doesn't follow. */
function positionOf(taken: BulkRow | null): number | null {
  return taken?.position ?? null;
}
