import { Injectable } from '@nestjs/common';
import type { CallerActor, UserActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { BaselineRepository } from '../baseline/baseline.repository.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { TenantAccess } from '../tenant-access/tenant-access.service.js';
import { type AgreedPlan, REMEDIATION_JOB, type Remediation, type RemediationDetails } from './remediation.types.js';
import { RemediationPlans, type TenantPlan } from './remediation-plans.service.js';
import { RemediationsRepository } from './remediations.repository.js';

/** Changes of one execution; each object of theirs is read before and after. */
export const MAX_EXECUTED_CHANGES = 100;
/** From the request on: what nobody approved and ran by then is over. */
const EXPIRES_AFTER_HOURS = 24;
/** Executions of a tenant that wait at a time. */
const MAX_WAITING = 50;

export interface RequestedRemediation {
  changeIds: string[];
  reason: string;
  /** Whether it is accepted that the plan touches more than what drifted, or doesn't bring everything back. */
  acceptNotes: boolean;
}

/** What people do about executions of plans: one asks, another approves, and only then the job carries it out. */
@Injectable()
export class Remediations {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly remediations: RemediationsRepository,
    private readonly plans: RemediationPlans,
    private readonly changes: ChangesRepository,
    private readonly baselines: BaselineRepository,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly access: TenantAccess,
    private readonly audit: AuditService,
  ) {}

  /** Newest first. */
  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<Remediation>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.remediations.findPage(tx, tenants, limit + 1, before)),
      limit,
    );
  }

  /**
   * With the plan, so that reading it is on record.
   *
   * @throws DomainError drift.remediation_not_found
   */
  async get(actor: CallerActor, id: string): Promise<RemediationDetails> {
    const found = await this.transactions.read((tx) => this.remediations.findDetails(tx, id));
    if (found === null) throw driftError('drift.remediation_not_found');
    await this.audit.recordAlone(actor, {
      action: DRIFT_ACTIONS['drift.plan.read'],
      tenantId: found.tenantId,
      target: { type: 'drift-remediation', id },
      outcome: 'success',
      after: { changes: found.changeIds.length, requests: found.plan.requests.length, byHand: 0 },
    });
    return found;
  }

  /**
   * Asks that the plan for these changes be executed.
   *
   * @throws DomainError drift.people_only, drift.change_not_found, drift.change_closed, drift.plan_of_several_tenants,
   *   drift.remediation_off, drift.remediation_settled, drift.no_baseline, drift.remediation_by_hand,
   *   drift.remediation_touches_more, drift.too_many_remediations
   */
  async request(actor: CallerActor, requested: RequestedRemediation): Promise<RemediationDetails> {
    const person = assertPerson(actor);
    const { changeIds, reason, acceptNotes } = requested;
    const tenantId = await this.tenantOf(changeIds);
    const id = await this.transactions.run(async (tx) => {
      // Whoever turns the setting off, and whoever else asks, waits, or is waited for.
      await this.assertOn(tx, tenantId);
      const agreed = await this.executable(tx, tenantId, changeIds);
      const { notes, requests } = agreed.plan;
      if (notes.length > 0 && !acceptNotes)
        throw driftError('drift.remediation_touches_more', { detail: notes.map(({ text }) => text).join(' ') });
      if ((await this.remediations.countWaiting(tx, tenantId)) >= MAX_WAITING)
        throw driftError('drift.too_many_remediations');
      const baseline = await this.baselines.findCurrent(tx, tenantId);
      if (baseline === null) throw driftError('drift.no_baseline');
      const about = { tenantId, baselineVersion: baseline.version, reason, hours: EXPIRES_AFTER_HOURS };
      const inserted = await this.remediations.insert(tx, person, about, agreed);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.remediation.requested'],
        tenantId,
        target: { type: 'drift-remediation', id: inserted },
        outcome: 'success',
        reason,
        after: {
          changeIds: agreed.changes.map((change) => change.id),
          baselineVersion: baseline.version,
          permissions: agreed.plan.permissions,
          requests: requests.map(({ method, version, path }) => `${method} /${version}${path}`),
          notesAccepted: notes.length,
        },
      });
      return inserted;
    });
    return this.details(id);
  }

  /**
   * Approves it as it was asked for; the job then carries it out.
   *
   * @throws DomainError drift.people_only, drift.remediation_not_found, drift.own_remediation, drift.remediation_over,
   *   drift.remediation_off, drift.remediation_moved, request.precondition_failed
   */
  async approve(actor: CallerActor, id: string, version: number, reason: string): Promise<RemediationDetails> {
    const person = assertPerson(actor);
    const moved = await this.transactions.run(async (tx) => {
      const seen = await this.waiting(tx, id, version, ['proposed']);
      if (seen.requestedBy.id === actor.id) throw driftError('drift.own_remediation');
      await this.assertOn(tx, seen.tenantId);
      // Whoever had the tenant while this waited may have decided about it, and it may even run by now.
      const before = await this.waiting(tx, id, version, ['proposed']);
      const moves = await this.whyMoved(tx, before);
      if (moves !== null) {
        if (!(await this.remediations.finish(tx, id, 'superseded', moves, version)))
          throw driftError('drift.remediation_over');
        await this.recordEnd(tx, actor, before, 'superseded', moves);
        return moves;
      }
      await this.decided(tx, person, before, 'approved', reason);
      await this.slots.openManual(tx, REMEDIATION_JOB, before.tenantId, actor);
      return null;
    });
    if (moved !== null) throw driftError('drift.remediation_moved', { detail: moved });
    return this.details(id);
  }

  /**
   * Declines it, or takes back what one asked for oneself; also an approved one that hasn't begun.
   *
   * @throws DomainError drift.people_only, drift.remediation_not_found, drift.remediation_over, request.precondition_failed
   */
  async decline(actor: CallerActor, id: string, version: number, reason: string): Promise<RemediationDetails> {
    const person = assertPerson(actor);
    await this.transactions.run(async (tx) => {
      const before = await this.waiting(tx, id, version, ['proposed', 'approved']);
      await this.decided(tx, person, before, 'declined', reason);
    });
    return this.details(id);
  }

  /** Why the plan isn't what it was made for any more: one sentence; null when it is. */
  async whyMoved(
    tx: Transaction,
    {
      id,
      tenantId,
      changeIds,
      baselineVersion,
    }: Pick<Remediation, 'id' | 'tenantId' | 'changeIds' | 'baselineVersion'>,
  ): Promise<string | null> {
    const baseline = await this.baselines.findCurrent(tx, tenantId);
    if (baseline?.version !== baselineVersion) return 'Another version of the baseline is in force.';
    const changes = await this.changes.findByIds(tx, changeIds);
    if (changes.some(({ state }) => state !== 'open' && state !== 'denied'))
      return 'A change of it is closed, accepted or ignored by now.';
    const agreed = await this.remediations.findDetails(tx, id);
    const now = await this.plans.within(tx, changeIds);
    return agreed !== null && textOf(agreed) === textOf(now)
      ? null
      : 'The newest snapshot, or what the baseline holds, says something else than when it was asked for.';
  }

  /** Whether somebody may still what they asked for or approved. */
  mayStill(actor: UserActor, tenantId: string): Promise<boolean> {
    return this.access.may(actor, 'drift:remediate', tenantId);
  }

  private async executable(tx: Transaction, tenantId: string, changeIds: string[]): Promise<TenantPlan> {
    const found = await this.changes.findByIds(tx, changeIds);
    if (found.some(({ state }) => state === 'accepted' || state === 'ignored'))
      throw driftError('drift.remediation_settled');
    const agreed = await this.plans.within(tx, changeIds);
    if (agreed.tenantId !== tenantId) throw driftError('drift.plan_of_several_tenants');
    const { byHand, requests } = agreed.plan;
    if (byHand.length > 0 || requests.length === 0)
      throw driftError('drift.remediation_by_hand', { detail: byHand.map(({ why }) => why).join(' ') });
    return agreed;
  }

  private async tenantOf(changeIds: string[]): Promise<string> {
    const [first] = await this.transactions.read((tx) => this.changes.findByIds(tx, changeIds));
    if (first === undefined) throw driftError('drift.change_not_found');
    return first.tenantId;
  }

  private async waiting(
    tx: Transaction,
    id: string,
    version: number,
    statuses: Remediation['status'][],
  ): Promise<Remediation> {
    const found = await this.remediations.findById(tx, id);
    if (found === null) throw driftError('drift.remediation_not_found');
    if (!statuses.includes(found.status))
      throw driftError('drift.remediation_over', { detail: `It is ${found.status}.` });
    if (found.version !== version) throw kernelError('request.precondition_failed');
    return found;
  }

  private async decided(
    tx: Transaction,
    actor: UserActor,
    before: Remediation,
    status: 'approved' | 'declined',
    reason: string,
  ): Promise<void> {
    if (!(await this.remediations.decide(tx, before, status, actor, reason)))
      throw driftError('drift.remediation_over');
    await this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS[`drift.remediation.${status}`],
      tenantId: before.tenantId,
      target: { type: 'drift-remediation', id: before.id },
      outcome: 'success',
      reason,
      after: { requestedBy: before.requestedBy.id, changes: before.changeIds.length },
    });
  }

  private recordEnd(
    tx: Transaction,
    actor: CallerActor,
    { id, tenantId }: Remediation,
    status: string,
    reason: string,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS['drift.remediation.finished'],
      tenantId,
      target: { type: 'drift-remediation', id },
      outcome: 'failure',
      reason,
      after: { status },
    });
  }

  private async assertOn(tx: Transaction, tenantId: string): Promise<void> {
    await this.remediations.lockTenant(tx, tenantId);
    const tenant = await this.tenants.find(tx, tenantId);
    if (tenant?.remediationEnabled !== true) throw driftError('drift.remediation_off');
  }

  private async details(id: string): Promise<RemediationDetails> {
    const found = await this.transactions.read((tx) => this.remediations.findDetails(tx, id));
    if (found === null) throw driftError('drift.remediation_not_found');
    return found;
  }
}

/** Whoever made a program could be both persons through it. */
function assertPerson(actor: CallerActor): UserActor {
  if (actor.type !== 'user') throw driftError('drift.people_only');
  return actor;
}

function textOf({ plan, changes, objects }: AgreedPlan): string {
  return canonicalJson(JSON.parse(JSON.stringify({ plan, changes, objects })) as Json);
}
