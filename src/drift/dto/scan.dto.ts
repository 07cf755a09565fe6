import type { ScanRow } from '../scan-history.repository.js';

/** The scan that was queued. */
export class StartedScanDto {
  id: string;
}

/** One scan: its slot, and what it left behind. */
export class ScanDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  trigger: 'schedule' | 'manual';
  /** `missed`: no instance ran it while it was due. */
  status: 'pending' | 'running' | 'completed' | 'failed' | 'missed';
  /** RFC 3339: the time of the schedule that it is for, or when it was asked for. */
  slotAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  attempts: number;
  /** Why it failed or has to be tried again; one sentence for people. */
  reason: string | null;
  /** Null until it is completed. */
  reportId: string | null;
  /** Null until it is completed. */
  snapshotId: string | null;

  static from(scan: ScanRow): ScanDto {
    return {
      id: scan.id,
      tenantId: scan.tenantId,
      trigger: scan.trigger,
      status: scan.status,
      slotAt: scan.slotAt.toISOString(),
      startedAt: scan.startedAt?.toISOString() ?? null,
      finishedAt: scan.finishedAt?.toISOString() ?? null,
      attempts: scan.attempts,
      reason: scan.reason,
      reportId: scan.reportId,
      snapshotId: scan.snapshotId,
    };
  }
}

export class ScanPageDto {
  items: ScanDto[];
  nextCursor: string | null;
}
