import type { DriftBaseline } from '../baseline/drift-baseline.entity.js';
import type { PreviewedBaseline } from '../baseline-preview.js';

const MAX_OPENED = 200;

/** How the tenant should be: an approved snapshot, or the version before with single changes. */
export class BaselineDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  /** Counts the tenant's baselines from 1; the newest is in force. */
  version: number;
  /** The version that it replaced; null for the first. */
  baseVersion: number | null;
  /** Of a version that was made of single changes, the snapshot that the versions before it began with. */
  snapshotId: string;
  /** The changes that it took in; empty where a whole snapshot was approved. */
  changeIds: string[];
  /** Whether it was approved although parts of the tenant weren't read. */
  acceptedIncomplete: boolean;
  reason: string;
  /** Id of the user. */
  approvedBy: string;
  approvedByName: string;
  /** RFC 3339. */
  approvedAt: string;

  static from(baseline: DriftBaseline): BaselineDto {
    const { id, tenantId, version, baseVersion, snapshotId, changeIds, acceptedIncomplete, reason } = baseline;
    return {
      id,
      tenantId,
      version,
      baseVersion,
      snapshotId,
      changeIds,
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

/** A place that would no longer be as the baseline has it. */
export class PreviewedChangeDto {
  resourceType: string;
  resourceKey: string;
  displayName: string | null;
  changeType: 'added' | 'removed' | 'modified';
  /** JSON Pointer; empty for a whole object. */
  path: string;
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  title: string;
}

/** What the approval would do to the changes that are known. Nothing has been done. */
export class BaselinePreviewDto {
  /** The version in force, which the approval has to name; null while there is none. */
  version: number | null;
  /** Ids of the changes that it would close. */
  closes: string[];
  /** Changes that would stay. */
  stays: number;
  /** Changes that the next scan would open if the tenant stays as it is. */
  opens: number;
  /** The worst of those, at most 200. */
  opened: PreviewedChangeDto[];

  static from({ version, closes, stays, opens }: PreviewedBaseline): BaselinePreviewDto {
    const opened = opens
      .slice(0, MAX_OPENED)
      .map(({ resourceType, resourceKey, displayName, changeType, path, severity, title }) => ({
        resourceType,
        resourceKey,
        displayName,
        changeType,
        path,
        severity,
        title,
      }));
    return { version, closes, stays, opens: opens.length, opened };
  }

  /** Single changes touch nothing but themselves. */
  static ofChanges({ version, closes, stays }: { version: number; closes: string[]; stays: number }) {
    return { version, closes, stays, opens: 0, opened: [] };
  }
}
