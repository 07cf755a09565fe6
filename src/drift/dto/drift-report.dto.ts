import type { DriftReport } from '../report/drift-report.entity.js';
import type { ReportHead } from '../report/report-writer.js';
import { ignoredOfReport, summaryOfReport } from '../report/reports.service.js';
import { ReportedChangeDto } from './drift-change.dto.js';
import { IncompleteTypeDto } from './incomplete-type.dto.js';
import { SeverityCountsDto } from './severity-counts.dto.js';

/** The header of a report. */
export class DriftReportSummaryDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  /** Counts the tenant's scans that ended with a report. */
  sequence: number;
  scanId: string;
  snapshotId: string;
  trigger: 'schedule' | 'manual';
  /** Null while no baseline was approved: nothing is compared then. */
  baselineVersion: number | null;
  /** Whether every type was read completely. */
  complete: boolean;
  /** Open and denied changes. */
  summary: SeverityCountsDto;
  /** Ignored changes: they are found and judged as any other, and told to nobody. */
  ignored: SeverityCountsDto;
  /** Changes that it is the first to have. */
  opened: number;
  /** Changes that the report before still had. */
  closed: number;
  /** RFC 3339. */
  createdAt: string;

  static from(report: DriftReport): DriftReportSummaryDto {
    return {
      id: report.id,
      tenantId: report.tenantId,
      sequence: report.sequence,
      scanId: report.slotId,
      snapshotId: report.snapshotId,
      trigger: report.trigger,
      baselineVersion: report.baselineVersion,
      complete: report.complete,
      summary: summaryOfReport(report),
      ignored: ignoredOfReport(report),
      opened: report.opened,
      closed: report.closed,
      createdAt: report.createdAt.toISOString(),
    };
  }
}

export class DriftReportPageDto {
  items: DriftReportSummaryDto[];
  nextCursor: string | null;
}

/** The verdict of a control before and after. */
export class ControlChangeDto {
  id: string;
  before: 'met' | 'not-met' | 'not-assessed';
  after: 'met' | 'not-met' | 'not-assessed';
}

/** A whole report, in the form of `blindspotx drift compare --format json`. */
export class DriftReportDto extends DriftReportSummaryDto {
  incomplete: IncompleteTypeDto[];
  /** Everything that isn't as the baseline has it, the worst first. */
  changes: ReportedChangeDto[];
  controls: ControlChangeDto[];

  /** Everything but the changes, in two parts: what stands before them, and what after. */
  static partsOf(
    report: DriftReport,
    { incomplete, controls }: ReportHead,
  ): [Omit<DriftReportDto, 'changes' | 'controls'>, Pick<DriftReportDto, 'controls'>] {
    return [{ ...DriftReportSummaryDto.from(report), incomplete }, { controls }];
  }
}
