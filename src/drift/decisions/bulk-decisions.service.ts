import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { JobQueue } from '../../jobs/job-queue.service.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import type { BulkDecision, BulkRequest, BulkRow } from './bulk-decision.types.js';
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
    private readonly queue: JobQueue,
    private readonly audit: AuditService,
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

  /** @throws DomainError drift.bulk_not_found */
  get(id: string): Promise<BulkDecision> {
    return this.transactions.read((tx) => this.found(tx, id));
  }

  /**
   * @param after position of the last row that is known
   * @throws DomainError drift.bulk_not_found
   */
  rows(id: string, limit: number, after: number): Promise<BulkRow[]> {
    return this.transactions.read(async (tx) => {
      await this.found(tx, id);
      return this.bulks.findRows(tx, id, limit, after);
    });
  }

  /** Decides what waits until nothing does; another instance may be at it, and a run before may have died. */
  async work(id: string, signal: AbortSignal): Promise<void> {
    const bulk = await this.get(id);
    let isDone = false;
    while (!isDone) {
      signal.throwIfAborted();
      isDone = await this.decideNext(bulk);
    }
    await this.transactions.run(async (tx) => {
      if (!(await this.bulks.finish(tx, id))) return;
      const { actor, kind, total, decided, refused } = await this.found(tx, id);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.bulk_decision.completed'],
        tenantId: null,
        target: { type: 'drift-bulk-decision', id },
        outcome: 'success',
        after: { decision: kind, rows: total, decided, refused },
      });
    });
  }

  /** @returns whether no row waits that nobody is at */
  private async decideNext({ id, actor, kind, reason, until }: BulkDecision): Promise<boolean> {
    let taken: BulkRow | null = null;
    try {
      return await this.transactions.run(async (tx) => {
        taken = await this.bulks.takeNext(tx, id);
        if (taken === null) return true;
        const { position, changeId, version } = taken;
        await this.decisions.decideWithin(tx, actor, changeId, version, { kind, reason, until }, 'alone');
        await this.bulks.answer(tx, id, position, { outcome: 'decided', code: null, title: null });
        return false;
      });
    } catch (error) {
      if (taken === null || !(error instanceof DomainError) || !REFUSALS.has(error.kind)) throw error;
      const { position } = taken as BulkRow;
      const { code, title } = error;
      await this.transactions.run((tx) => this.bulks.answer(tx, id, position, { outcome: 'refused', code, title }));
      return false;
    }
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

  private async found(tx: Transaction, id: string): Promise<BulkDecision> {
    const bulk = await this.bulks.findById(tx, id);
    if (bulk === null) throw driftError('drift.bulk_not_found');
    return bulk;
  }
}
