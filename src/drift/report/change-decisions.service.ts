import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { DriftAlerts } from '../alerts/drift-alerts.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { type ChangeFilter, ChangesRepository } from './changes.repository.js';
import type { ReadableChange } from './readable-change.js';

export type DecisionKind = 'accept' | 'ignore' | 'reopen';

export interface ChangeDecision {
  kind: DecisionKind;
  reason: string;
  /** When the decision ends and the change is open again; null for as long as the value stays. */
  until: Date | null;
}

const DECISIONS = {
  accept: { state: 'accepted', action: DRIFT_ACTIONS['drift.change.accepted'] },
  ignore: { state: 'ignored', action: DRIFT_ACTIONS['drift.change.ignored'] },
  reopen: { state: 'open', action: DRIFT_ACTIONS['drift.change.reopened'] },
} as const;

/** What people decide about changes. A decision holds for the value that was found; another value is another change. */
@Injectable()
export class ChangeDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly changes: ChangesRepository,
    private readonly audit: AuditService,
    private readonly alerts: DriftAlerts,
  ) {}

  /** @throws DomainError drift.change_not_found */
  async get(id: string): Promise<ReadableChange> {
    const change = await this.transactions.read((tx) => this.changes.findById(tx, id));
    if (change === null) throw driftError('drift.change_not_found');
    return change;
  }

  async list(filter: ChangeFilter, limit: number, cursor?: string): Promise<Page<ReadableChange>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.changes.findPage(tx, filter, limit + 1, before)), limit);
  }

  /**
   * @param version of the change that whoever decides has seen
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.change_undecided, drift.until_past,
   *   request.precondition_failed when the change isn't what was seen any more
   */
  decide(actor: Actor, id: string, version: number, decision: ChangeDecision): Promise<ReadableChange> {
    const { state, action } = DECISIONS[decision.kind];
    if (decision.until !== null && decision.until.getTime() <= Date.now()) throw driftError('drift.until_past');
    return this.transactions.run(async (tx) => {
      const before = await this.changes.findById(tx, id);
      if (before === null) throw driftError('drift.change_not_found');
      if (before.state === 'closed') throw driftError('drift.change_closed');
      if (before.version !== version) throw kernelError('request.precondition_failed');
      if (before.state === 'open' && state === 'open') throw driftError('drift.change_undecided');
      const isOpen = state === 'open';
      const after = await this.changes.decide(tx, id, version, {
        state,
        decidedById: isOpen ? null : actor.id,
        decidedByName: isOpen ? null : actor.displayName,
        decisionReason: isOpen ? null : decision.reason,
        decisionUntil: isOpen ? null : decision.until,
      });
      if (after === null) throw kernelError('request.precondition_failed');
      await this.audit.record(tx, actor, {
        action,
        tenantId: after.tenantId,
        // The name is the tenant's: it lies in the states, which are sealed.
        target: { type: 'drift-change', id },
        outcome: 'success',
        reason: decision.reason,
        before: decisionState(before),
        after: decisionState(after),
      });
      if (!isOpen) await this.alerts.settle(tx, after.tenantId, [id]);
      return after;
    });
  }
}

function decisionState({
  displayName,
  state,
  decisionReason,
  decisionUntil,
  resourceType,
  resourceKey,
  path,
  severity,
}: ReadableChange): JsonObject {
  return {
    displayName,
    state,
    reason: decisionReason,
    until: decisionUntil?.toISOString() ?? null,
    resourceType,
    resourceKey,
    path,
    severity,
  };
}
