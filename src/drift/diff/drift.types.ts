import type { ChangeType, IncompleteType } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject, ValueChange } from '../snapshot/snapshot.types.js';

/** One object that isn't what it was. */
export interface ObjectDrift {
  resourceType: ResourceType;
  /** The key before, where the object was there before: what a baseline knows it by. */
  key: string;
  displayName: string | null;
  changeType: ChangeType;
  matchedBy: 'id' | 'name';
  /** Null exactly when added. */
  before: SnapshotObject | null;
  /** Null exactly when removed. */
  after: SnapshotObject | null;
  /** One per path; for an added or removed object a single one with path '' and the object as value. Never empty. */
  changes: ValueChange[];
}

/** Everything that two snapshots say about what changed, and about what they can't say. */
export interface SnapshotDrift {
  objects: ObjectDrift[];
  incomplete: IncompleteType[];
}
