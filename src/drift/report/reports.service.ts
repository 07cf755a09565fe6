import { Readable } from 'node:stream';
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
import type { DriftReportDocument, IncompleteType, ReportedChange, Severity } from './drift-report.types.js';
import { type PageFormat, renderPage } from './render-report.js';
import type { ReportOrder } from './report-order.js';
import { type ReportHead, type ReportWriter, writtenInPieces } from './report-writer.js';
import { reportedChange, stateAt } from './reported-change.js';
import { type Outage, ReportsRepository } from './reports.repository.js';
import { bySeverity } from './summarise-changes.js';

/** What a page holds: more nobody reads, and no browser shows well. It is made in memory as a whole. */
const MAX_CHANGES_OF_PAGE = 5000;
const MAX_BYTES_OF_PAGE = 32 * 1024 * 1024;

/** A report before its changes are read. */
interface OpenReport {
  report: DriftReport;
  head: ReportHead;
  order: ReportOrder;
}

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
   * actor) is as of now, or as of when it closed: later scans that know better overwrite it. As many as a page holds, the worst.
   *
   * @returns also how many changes it has beside these
   * @throws DomainError drift.report_not_found
   */
  async document(id: string): Promise<{ report: DriftReport; document: DriftReportDocument; omitted: number }> {
    const { report, head, order } = await this.open(id);
    const held = order.first(MAX_CHANGES_OF_PAGE, MAX_BYTES_OF_PAGE);
    const changes: ReportedChange[] = [];
    for await (const page of this.pages(report, held)) for (const change of page) changes.push(change);
    return { report, document: { ...head, changes }, omitted: order.count - held.count };
  }

  /**
   * A report as a page.
   *
   * @throws DomainError drift.report_not_found
   */
  async page(id: string, format: PageFormat): Promise<{ report: DriftReport; text: string }> {
    const { report, document, omitted } = await this.document(id);
    return { report, text: renderPage(document, format, { omitted, colour: false }) };
  }

  /**
   * A report of any length, to be read as fast as it is taken. The first piece is there when this returns.
   *
   * @throws DomainError drift.report_not_found, keys.cannot_open
   */
  async written(
    id: string,
    writerOf: (report: DriftReport, head: ReportHead) => ReportWriter,
  ): Promise<{ report: DriftReport; text: Readable }> {
    const { report, head, order } = await this.open(id);
    const pieces = writtenInPieces(writerOf(report, head), this.pages(report, order));
    const first = await pieces.next();
    const all = async function* (): AsyncGenerator<string> {
      if (first.done !== true) yield first.value;
      yield* pieces;
    };
    return { report, text: Readable.from(all(), { objectMode: false }) };
  }

  private open(id: string): Promise<OpenReport> {
    return this.transactions.read(async (tx) => {
      const report = await this.reports.findById(tx, id);
      if (report === null) throw driftError('drift.report_not_found');
      const controls = await this.controls.findOfReport(tx, report.tenantId, report.sequence);
      const head: ReportHead = {
        complete: report.complete,
        incomplete: incompleteOfReport(report),
        trigger: report.trigger,
        baselineVersion: report.baselineVersion,
        summary: summaryOfReport(report),
        controls: controls.map((row) => ({ id: row.controlId, before: row.baselineVerdict, after: row.verdict })),
      };
      return { report, head, order: await this.changes.orderOfReport(tx, report.tenantId, report.sequence) };
    });
  }

  /** Each page is read by itself; the changes of one object are held until all of them are there, and stand by their paths. */
  private async *pages(report: DriftReport, order: ReportOrder): AsyncGenerator<ReportedChange[]> {
    let held: ReportedChange[] = [];
    for (const ids of order.pages()) {
      const stored = await this.transactions.read((tx) => this.changes.findByIds(tx, ids));
      const byId = new Map(stored.map((change) => [change.id, change]));
      const whole: ReportedChange[] = [];
      for (const id of ids) {
        const found = byId.get(id);
        if (found === undefined) continue;
        const change = reportedChange(found, stateAt(found, report.createdAt));
        if (!isOfObject(held[0], change)) for (const one of held.splice(0).sort(bySeverity)) whole.push(one);
        held.push(change);
      }
      yield whole;
    }
    held = held.sort(bySeverity);
    if (held.length > 0) yield held;
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

function isOfObject(one: ReportedChange | undefined, other: ReportedChange): boolean {
  return (
    one?.severity === other.severity && one.resourceType === other.resourceType && one.resourceKey === other.resourceKey
  );
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
