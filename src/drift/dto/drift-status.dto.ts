import { incompleteOfReport, type TenantDriftStatus } from '../report/reports.service.js';
import { IncompleteTypeDto } from './incomplete-type.dto.js';
import { SeverityCountsDto } from './severity-counts.dto.js';

/** Scans of the tenant have been failing as a whole. */
export class OutageDto {
  /** RFC 3339. */
  since: string;
  reason: string;
}

/** How one tenant stands. */
export class TenantDriftStatusDto {
  /** Id in /tenants. */
  tenantId: string;
  displayName: string;
  scanIntervalSeconds: number;
  /** RFC 3339; null before the first scan ended. */
  lastScanAt: string | null;
  lastReportId: string | null;
  /** Whether the last scan read every type completely; null before the first. */
  complete: boolean | null;
  incomplete: IncompleteTypeDto[];
  /** Null while no baseline was approved. */
  baselineVersion: number | null;
  /** Open and denied changes. */
  open: SeverityCountsDto;
  ignored: SeverityCountsDto;
  outage: OutageDto | null;

  static from({ tenant, lastReport, open, ignored, outage }: TenantDriftStatus): TenantDriftStatusDto {
    return {
      tenantId: tenant.id,
      displayName: tenant.displayName,
      scanIntervalSeconds: tenant.scanIntervalSeconds,
      lastScanAt: lastReport?.createdAt.toISOString() ?? null,
      lastReportId: lastReport?.id ?? null,
      complete: lastReport?.complete ?? null,
      incomplete: lastReport === null ? [] : incompleteOfReport(lastReport),
      baselineVersion: lastReport?.baselineVersion ?? null,
      open,
      ignored,
      outage: outage === null ? null : { since: outage.since.toISOString(), reason: outage.reason },
    };
  }
}

export class DriftStatusDto {
  items: TenantDriftStatusDto[];
}
