import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { driftError } from '../drift.errors.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { ReadableChange } from '../report/readable-change.js';
import { reportedChange } from '../report/reported-change.js';
import { ReportsRepository } from '../report/reports.repository.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type CurrentObject, CurrentObjectsRepository } from './current-objects.repository.js';
import { planRemediation } from './plan-remediation.js';
import type { RemediationPlan } from './remediation-plan.types.js';

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
}

/** How changes are undone: planned and handed over. Nothing is written to the tenant. */
@Injectable()
export class RemediationPlans {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly changes: ChangesRepository,
    private readonly reports: ReportsRepository,
    private readonly objects: CurrentObjectsRepository,
    private readonly tenants: TenantsService,
    private readonly settings: Settings,
  ) {}

  /**
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.plan_of_several_tenants
   */
  ofChanges(ids: string[]): Promise<TenantPlan> {
    return this.transactions.read(async (tx) => {
      const found = await this.changes.findByIds(tx, ids);
      if (found.length < new Set(ids).size) throw driftError('drift.change_not_found');
      if (found.some(({ state }) => state === 'closed')) throw driftError('drift.change_closed');
      return this.planned(tx, found);
    });
  }

  /**
   * Of all changes of a report that are open still.
   *
   * @throws DomainError drift.report_not_found, drift.plan_too_large
   */
  ofReport(reportId: string): Promise<TenantPlan> {
    return this.transactions.read(async (tx) => {
      const report = await this.reports.findById(tx, reportId);
      if (report === null) throw driftError('drift.report_not_found');
      const found = await this.changes.findOpenOfReport(tx, report.tenantId, report.sequence, MAX_PLANNED_CHANGES + 1);
      if (found.length > MAX_PLANNED_CHANGES) throw driftError('drift.plan_too_large');
      return this.planned(tx, found, report.tenantId);
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
    const others = await this.objects.ofTypes(tx, tenantId, referringTypes(changes), MAX_REFERRERS_READ);
    const { entraTenantId } = tenant;
    const plan = planRemediation({
      changes: changes.map((change) => reportedChange(change)),
      current: (type, key) => current.get(idOf(type, key)) ?? null,
      referrers: (types, id) => others.filter((one) => types.includes(one.type) && names(one, id)).map(nameOf),
      entraTenantId,
      graphRoot: this.settings.GRAPH_BASE_URL.replace(/\/+$/, ''),
    });
    return { tenantId, entraTenantId, changeIds: changes.map(({ id }) => id), plan };
  }
}

function idOf(type: ResourceType, key: string): string {
  return `${type} ${key}`;
}

/** Whose objects may name what comes back under a new id. */
function referringTypes(changes: ReadableChange[]): ResourceType[] {
  const types = changes.flatMap(({ changeType, resourceType }) => {
    const { remediation } = RESOURCE_TYPE_CATALOGUE[resourceType];
    return changeType === 'removed' && remediation.kind === 'graph' ? (remediation.referredBy ?? []) : [];
  });
  return [...new Set(types)];
}

function names({ value }: CurrentObject, id: string): boolean {
  return JSON.stringify(value).includes(JSON.stringify(id));
}

function nameOf({ type, key, value }: CurrentObject): string {
  return RESOURCE_TYPE_CATALOGUE[type].displayName(value) ?? key;
}
