import type { Json } from '../../crypto/canonical-json.js';
import type { ObjectDrift } from '../diff/drift.types.js';
import type { ChangeType } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject, ValueChange } from '../snapshot/snapshot.types.js';

/** One change with the object around it, as conditions and facts see it. */
export interface EvaluatedChange {
  resourceType: ResourceType;
  key: string;
  changeType: ChangeType;
  path: string;
  before: Json | undefined;
  after: Json | undefined;
  /** The object before and after; null where it wasn't there. */
  objectBefore: SnapshotObject | null;
  objectAfter: SnapshotObject | null;
}

export function evaluated(drift: ObjectDrift, change: ValueChange): EvaluatedChange {
  return {
    resourceType: drift.resourceType,
    key: drift.key,
    changeType: drift.changeType,
    path: change.path,
    before: change.before,
    after: change.after,
    objectBefore: drift.before,
    objectAfter: drift.after,
  };
}

/** The change that would undo this one. */
export function mirrored(change: EvaluatedChange): EvaluatedChange {
  const types = { added: 'removed', removed: 'added', modified: 'modified' } as const;
  return {
    ...change,
    changeType: types[change.changeType],
    before: change.after,
    after: change.before,
    objectBefore: change.objectAfter,
    objectAfter: change.objectBefore,
  };
}

/** Elements that the set lost; a value that isn't a set counts as one element. */
export function removedElements(change: EvaluatedChange): Json[] {
  return asElements(change.before);
}

export function addedElements(change: EvaluatedChange): Json[] {
  return asElements(change.after);
}

/** The object where it is now, or as it last was. */
export function subject(change: EvaluatedChange): SnapshotObject | null {
  return change.objectAfter ?? change.objectBefore;
}

function asElements(value: Json | undefined): Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
