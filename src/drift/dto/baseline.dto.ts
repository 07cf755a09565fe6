import type { DriftBaseline } from '../baseline/drift-baseline.entity.js';

/** An approved snapshot: how the tenant should be. */
export class BaselineDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  /** Counts the tenant's baselines from 1; the newest is in force. */
  version: number;
  snapshotId: string;
  /** Whether it was approved although parts of the tenant weren't read. */
  acceptedIncomplete: boolean;
  reason: string;
  /** Id of the user. */
  approvedBy: string;
  approvedByName: string;
  /** RFC 3339. */
  approvedAt: string;

  static from(baseline: DriftBaseline): BaselineDto {
    const { id, tenantId, version, snapshotId, acceptedIncomplete, reason } = baseline;
    return {
      id,
      tenantId,
      version,
      snapshotId,
      acceptedIncomplete,
      reason,
      approvedBy: baseline.approvedById,
      approvedByName: baseline.approvedByName,
      approvedAt: baseline.approvedAt.toISOString(),
    };
  }
}

export class BaselinePageDto {
  items: BaselineDto[];
  nextCursor: string | null;
}
