import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { Settings } from '../../config/settings.js';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { isObject } from '../normalise/json-members.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { ReadableChange } from '../report/readable-change.js';
import { reportedChange } from '../report/reported-change.js';
import { ReportsRepository } from '../report/reports.repository.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type CurrentObject, CurrentObjectsRepository } from './current-objects.repository.js';
import { type PlanningInput, planRemediation } from './plan-remediation.js';
import type { PlannedChange, RemediationPlan } from './remediation-plan.types.js';

/** Changes of one plan. */
export const MAX_PLANNED_CHANGES = 500;
/** Objects that are looked through for an id that will be another. */
const MAX_REFERRERS_READ = 5000;

/** A plan, and what it was made for. */
export interface TenantPlan {
  tenantId: string;
  entraTenantId: string;
  /** The changes, in the order of their ids. */
  changeIds: string[];
  plan: RemediationPlan;
  changes: PlannedChange[];
  /** The objects that drifted, as the newest snapshot has them; null where it doesn't. */
  objects: { type: ResourceType; key: string; value: JsonObject | null }[];
}

/**
 * How changes are undone: planned and handed over. Nothing is written to the tenant. A plan shows what the tenant has, so each that
 * is read is on record.
 */
@Injectable()
export class RemediationPlans {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly changes: ChangesRepository,
    private readonly reports: ReportsRepository,
    private readonly objects: CurrentObjectsRepository,
    private readonly tenants: TenantsService,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  /**
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.plan_of_several_tenants
   */
  async ofChanges(actor: CallerActor, ids: string[]): Promise<TenantPlan> {
    const plan = await this.transactions.read((tx) => this.within(tx, ids));
    await this.recordReading(actor, plan, { type: 'drift-change', id: plan.changeIds[0] ?? '' });
    return plan;
  }

  /**
   * The same within a transaction of others, who put it on record.
   *
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.plan_of_several_tenants
   */
  async within(tx: Transaction, ids: string[]): Promise<TenantPlan> {
    const found = await this.changes.findByIds(tx, ids);
    if (found.length < new Set(ids).size) throw driftError('drift.change_not_found');
    if (found.some(({ state }) => state === 'closed')) throw driftError('drift.change_closed');
    return this.planned(tx, found);
  }

  /**
   * Of all changes of a report that are open still.
   *
   * @throws DomainError drift.report_not_found, drift.plan_too_large
   */
  async ofReport(actor: CallerActor, reportId: string): Promise<TenantPlan> {
    const plan = await this.transactions.read(async (tx) => {
      const report = await this.reports.findById(tx, reportId);
      if (report === null) throw driftError('drift.report_not_found');
      const found = await this.changes.findOpenOfReport(tx, report.tenantId, report.sequence, MAX_PLANNED_CHANGES + 1);
      if (found.length > MAX_PLANNED_CHANGES) throw driftError('drift.plan_too_large');
      return this.planned(tx, found, report.tenantId);
    });
    await this.recordReading(actor, plan, { type: 'drift-report', id: reportId });
    return plan;
  }

  /** Durable when it resolves: nobody is shown a plan before that. */
  private recordReading(
    actor: CallerActor,
    { tenantId, changeIds, plan }: TenantPlan,
    target: { type: string; id: string },
  ): Promise<void> {
    return this.audit.recordAlone(actor, {
      action: DRIFT_ACTIONS['drift.plan.read'],
      tenantId,
      target,
      outcome: 'success',
      after: { changes: changeIds.length, requests: plan.requests.length, byHand: plan.byHand.length },
    });
  }

  private async planned(
    tx: Transaction,
    changes: ReadableChange[],
    tenantId = changes[0]?.tenantId ?? '',
  ): Promise<TenantPlan> {
    if (changes.some((change) => change.tenantId !== tenantId)) throw driftError('drift.plan_of_several_tenants');
    const tenant = await this.tenants.find(tx, tenantId);
    if (tenant === null) throw driftError('drift.change_not_found');
    const wanted = changes.map(({ resourceType: type, resourceKey: key }) => ({ type, key }));
    const current = new Map(
      (await this.objects.find(tx, tenantId, wanted)).map((one) => [idOf(one.type, one.key), one.value]),
    );
    const { entraTenantId } = tenant;
    const reported = changes.map((change) => reportedChange(change));
    const referrers = await this.referrersOf(tx, tenantId, reported);
    const plan = planRemediation({
      changes: reported,
      current: (type, key) => current.get(idOf(type, key)) ?? null,
      ...referrers,
      entraTenantId,
      graphRoot: this.settings.GRAPH_BASE_URL.replace(/\/+$/, ''),
    });
    const objects = new Map(wanted.map(({ type, key }) => [idOf(type, key), { type, key }]));
    return {
      tenantId,
      entraTenantId,
      changeIds: changes.map(({ id }) => id),
      plan,
      changes: reported.map(plannedChange),
      objects: [...objects].map(([id, one]) => ({ ...one, value: current.get(id) ?? null })),
    };
  }

  /** Who names what comes back under another id or goes: each object is looked through once, and a bound on them is said. */
  private async referrersOf(
    tx: Transaction,
    tenantId: string,
    changes: PlannedChange[],
  ): Promise<Pick<PlanningInput, 'referrers' | 'referrersCut'>> {
    const ids = new Set(changes.filter(({ changeType }) => changeType !== 'modified').map((one) => one.resourceKey));
    const found = await this.objects.ofTypes(tx, tenantId, referringTypes(changes), MAX_REFERRERS_READ + 1);
    const naming = new Map<string, { type: ResourceType; name: string }[]>();
    for (const one of found.slice(0, MAX_REFERRERS_READ)) {
      for (const id of namedIn(one.value, ids)) {
        if (id === one.key) continue;
        naming.set(id, [...(naming.get(id) ?? []), { type: one.type, name: nameOf(one) }]);
      }
    }
    return {
      referrers: (types, id) =>
        (naming.get(id) ?? []).filter(({ type }) => types.includes(type)).map(({ name }) => name),
      referrersCut: found.length > MAX_REFERRERS_READ ? MAX_REFERRERS_READ : null,
    };
  }
}

function idOf(type: ResourceType, key: string): string {
  return `${type} ${key}`;
}

function plannedChange(change: PlannedChange): PlannedChange {
  const { id, resourceType, resourceKey, displayName, changeType, path, before, after, matchedBy } = change;
  return { id, resourceType, resourceKey, displayName, changeType, path, before, after, matchedBy };
}

/** Whose objects may name what comes back under a new id, or goes. */
function referringTypes(changes: PlannedChange[]): ResourceType[] {
  const types = changes.flatMap(({ changeType, resourceType }) => {
    const { remediation } = RESOURCE_TYPE_CATALOGUE[resourceType];
    return changeType !== 'modified' && remediation.kind === 'graph' ? (remediation.referredBy ?? []) : [];
  });
  return [...new Set(types)];
}

/** Those of these ids that stand anywhere in a value, as a text or as the name of a member. */
function namedIn(value: Json, ids: ReadonlySet<string>, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') {
    if (ids.has(value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const element of value) namedIn(element, ids, found);
  } else if (isObject(value)) {
    for (const [name, content] of Object.entries(value)) {
      if (ids.has(name)) found.add(name);
      namedIn(content, ids, found);
    }
  }
  return found;
}

function nameOf({ type, key, value }: CurrentObject): string {
  return RESOURCE_TYPE_CATALOGUE[type].displayName(value) ?? key;
}
