import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { ControlVerdictsRepository } from '../controls/control-verdicts.repository.js';
import { driftError } from '../drift.errors.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { ChangesRepository, emptySummary } from './changes.repository.js';
import type { DriftReport } from './drift-report.entity.js';
import type { DriftReportDocument, IncompleteType, Severity } from './drift-report.types.js';
import { renderReport } from './render-report.js';
import type { ReportFormat } from './report-formats.js';
import { reportedChange, stateAt } from './reported-change.js';
import { type Outage, ReportsRepository } from './reports.repository.js';
import { PAGE_FORMATS } from './requested-format.js';
import { bySeverity } from './summarise-changes.js';

/** More than that nobody reads, and no browser shows well. */
const MAX_CHANGES_OF_PAGE = 5000;

/** How a tenant stands. */
export interface TenantDriftStatus {
  tenant: WatchedTenant;
  lastReport: DriftReport | null;
  open: Record<Severity, number>;
  ignored: Record<Severity, number>;
  outage: Outage | null;
}

/** Reports as people read them. */
@Injectable()
export class Reports {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reports: ReportsRepository,
    private readonly changes: ChangesRepository,
    private readonly controls: ControlVerdictsRepository,
    private readonly tenants: TenantsService,
  ) {}

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<DriftReport>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.reports.findPage(tx, tenants, limit + 1, before)), limit);
  }

  /**
   * The changes that were live when a report was made, with the states that they had then; summary, completeness and
   * baseline are those of that time. What is said of each change (severity, direction, rules, title, display name, before,
   * actor) is as of now, or as of when it closed: later scans that know better overwrite it.
   *
   * @throws DomainError drift.report_not_found
   */
  async document(id: string): Promise<{ report: DriftReport; document: DriftReportDocument }> {
    return this.transactions.read(async (tx) => {
      const report = await this.reports.findById(tx, id);
      if (report === null) throw driftError('drift.report_not_found');
      const stored = await this.changes.findOfReport(tx, report.tenantId, report.sequence);
      const changes = stored
        .map((change) => reportedChange(change, stateAt(change, report.createdAt)))
        .sort(bySeverity);
      const controls = await this.controls.findOfReport(tx, report.tenantId, report.sequence);
      const document: DriftReportDocument = {
        complete: report.complete,
        incomplete: incompleteOfReport(report),
        trigger: report.trigger,
        baselineVersion: report.baselineVersion,
        summary: summaryOfReport(report),
        changes,
        controls: controls.map((row) => ({ id: row.controlId, before: row.baselineVerdict, after: row.verdict })),
      };
      return { report, document };
    });
  }

  /**
   * A report as a file.
   *
   * @throws DomainError drift.report_not_found, drift.report_too_large for a page
   */
  async written(id: string, format: ReportFormat): Promise<{ report: DriftReport; text: string }> {
    const { report, document } = await this.document(id);
    if (PAGE_FORMATS.has(format) && document.changes.length > MAX_CHANGES_OF_PAGE)
      throw driftError('drift.report_too_large');
    return { report, text: renderReport(document, format) };
  }

  /** Every one of these that is scanned. */
  async status(tenants: TenantsInReach): Promise<TenantDriftStatus[]> {
    const scanned = await this.tenants.listScanned();
    return this.transactions.read(async (tx) => {
      const open = await this.changes.counts(tx, ['open', 'denied']);
      const ignored = await this.changes.counts(tx, ['ignored']);
      const outages = new Map((await this.reports.outages(tx)).map((outage) => [outage.tenantId, outage]));
      const statuses: TenantDriftStatus[] = [];
      for (const tenant of scanned) {
        if (tenants !== null && !tenants.includes(tenant.id)) continue;
        statuses.push({
          tenant,
          lastReport: await this.reports.findLatest(tx, tenant.id),
          open: open.get(tenant.id) ?? emptySummary(),
          ignored: ignored.get(tenant.id) ?? emptySummary(),
          outage: outages.get(tenant.id) ?? null,
        });
      }
      return statuses;
    });
  }
}

export function incompleteOfReport({ incomplete }: DriftReport): IncompleteType[] {
  return JSON.parse(incomplete) as IncompleteType[];
}

export function summaryOfReport({ summary }: DriftReport): Record<Severity, number> {
  return { ...emptySummary(), ...(JSON.parse(summary) as Partial<Record<Severity, number>>) };
}

export function ignoredOfReport({ ignoredSummary }: DriftReport): Record<Severity, number> {
  return { ...emptySummary(), ...(JSON.parse(ignoredSummary) as Partial<Record<Severity, number>>) };
}
