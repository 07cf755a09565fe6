import type { StoredSnapshot } from '../snapshot/stored-snapshot.js';

/** How one type ended in a scan. */
export class SnapshotTypeDto {
  resourceType: string;
  status: 'complete' | 'partial' | 'failed';
  /** One sentence for people; null exactly when complete. */
  reason: string | null;
  /** RFC 3339: since when it has not been complete. */
  since: string | null;
  /** Objects read. */
  count: number;
  /** SHA-256 of all keys and contents, in hex; null unless complete. Equal roots mean equal contents. */
  root: string | null;
  /** Paths that the source couldn't say anything about. */
  notCarried: string[];
}

/** What a scan read. */
export class SnapshotDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  /** Counts the tenant's snapshots from 1. */
  sequence: number;
  /** Id of the scan. */
  scanId: string;
  /** RFC 3339. */
  takenAt: string;
  /** Whether every type was read completely. */
  complete: boolean;
  normaliserVersion: number;
  types: SnapshotTypeDto[];

  static from(snapshot: StoredSnapshot): SnapshotDto {
    return {
      id: snapshot.id,
      tenantId: snapshot.tenantId,
      sequence: snapshot.sequence,
      scanId: snapshot.slotId,
      takenAt: snapshot.takenAt.toISOString(),
      complete: snapshot.complete,
      normaliserVersion: snapshot.normaliserVersion,
      types: Array.from(snapshot.types, ([resourceType, state]) => ({
        resourceType,
        ...state,
        notCarried: state.notCarried ?? [],
      })),
    };
  }
}

export class SnapshotPageDto {
  items: SnapshotDto[];
  nextCursor: string | null;
}
