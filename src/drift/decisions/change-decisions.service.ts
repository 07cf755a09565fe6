import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { DriftAlerts } from '../alerts/drift-alerts.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { type ChangeFilter, ChangesRepository } from '../report/changes.repository.js';
import type { ChangeState } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { isUnsettled, transitionOf } from './change-states.js';
import type { ChangeDecision, DecisionKind } from './decision.types.js';
import { endOf } from './decision-limits.js';
import { lastDecision } from './past-decision.js';
import { type Consent, SecondPerson } from './second-person.service.js';

const ACTIONS = {
  accept: DRIFT_ACTIONS['drift.change.accepted'],
  ignore: DRIFT_ACTIONS['drift.change.ignored'],
  deny: DRIFT_ACTIONS['drift.change.denied'],
  reopen: DRIFT_ACTIONS['drift.change.reopened'],
} as const;

/** What people decide about changes. A decision holds for the value that was found; another value is another change. */
@Injectable()
export class ChangeDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly changes: ChangesRepository,
    private readonly secondPerson: SecondPerson,
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
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.change_undecided, drift.ignored_by_rule,
   *   drift.until_past, drift.until_too_far, drift.second_person_required, request.precondition_failed when the change isn't what
   *   was seen any more
   */
  decide(actor: Actor, id: string, version: number, decision: ChangeDecision): Promise<ReadableChange> {
    return this.transactions.run((tx) => this.decideWithin(tx, actor, id, version, decision, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @param consent whether a second person has approved
   * @param tenants whose changes whoever decides may decide
   * @throws DomainError as `decide`
   */
  async decideWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    version: number,
    decision: ChangeDecision,
    consent: Consent,
    tenants: TenantsInReach = null,
  ): Promise<ReadableChange> {
    const { kind, reason } = decision;
    const before = await this.changes.findById(tx, id);
    if (before === null || tenants?.includes(before.tenantId) === false) throw driftError('drift.change_not_found');
    const state = stateAfter(before, version, kind);
    if (kind === 'accept' || kind === 'ignore')
      await this.secondPerson.assertGiven(tx, before.tenantId, [before.severity], consent);
    const until = endOf(kind, decision.until, await this.changes.now(tx));
    const isOpen = state === 'open';
    const previous = lastDecision(before);
    const after = await this.changes.decide(tx, id, version, {
      state,
      decidedById: isOpen ? null : actor.id,
      decidedByName: isOpen ? null : actor.displayName,
      decisionReason: isOpen ? null : reason,
      decisionUntil: until,
      reopenReason: isOpen ? 'by-person' : null,
      previousDecision: previous === null ? null : JSON.stringify(previous),
      decidedSeverity: isOpen ? null : before.severity,
      decidedByTwo: !isOpen && consent === 'approved',
    });
    if (after === null) throw kernelError('request.precondition_failed');
    await this.audit.record(tx, actor, {
      action: ACTIONS[kind],
      tenantId: after.tenantId,
      // The name is the tenant's: it lies in the states, which are sealed.
      target: { type: 'drift-change', id },
      outcome: 'success',
      reason,
      before: decisionState(before),
      after: decisionState(after),
    });
    if (!isUnsettled(state)) await this.alerts.settle(tx, after.tenantId, [id]);
    return after;
  }
}

function stateAfter(before: ReadableChange, version: number, kind: DecisionKind): Exclude<ChangeState, 'closed'> {
  if (before.state === 'closed') throw driftError('drift.change_closed');
  if (before.version !== version) throw kernelError('request.precondition_failed');
  const transition = transitionOf(before.state, kind);
  if ('refused' in transition) throw driftError(transition.refused);
  // The next scan would ignore it again.
  if (kind === 'reopen' && before.ignoreRuleId !== null) throw driftError('drift.ignored_by_rule');
  if (transition.to === 'closed') throw new Error(`the decision ${kind} would close a change`);
  return transition.to;
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
