import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject, TenantSnapshot } from '../snapshot/snapshot.types.js';

/** Look-ups into one snapshot. Types that aren't in it are empty. */
export interface SnapshotLookup {
  objects: (type: ResourceType) => readonly SnapshotObject[];
  find: (type: ResourceType, key: string) => SnapshotObject | undefined;
}

/** What rules may ask beyond the change itself. */
export interface EvaluationContext {
  before: SnapshotLookup;
  after: SnapshotLookup;
  /** Ids of the accounts or groups kept for emergencies, which every policy is meant to exclude. */
  breakGlassIds: ReadonlySet<string>;
}

/** Look-ups into a snapshot in memory; each type is indexed when it is first asked for. */
export function lookupOf(snapshot: TenantSnapshot): SnapshotLookup {
  const indexes = new Map<ResourceType, Map<string, SnapshotObject>>();
  const objects = (type: ResourceType) => snapshot.types.get(type)?.objects ?? [];
  return {
    objects,
    find: (type, key) => {
      let index = indexes.get(type);
      if (index === undefined) {
        index = new Map(objects(type).map((object) => [object.key, object]));
        indexes.set(type, index);
      }
      return index.get(key);
    },
  };
}

/** The same question asked of the opposite change. */
export function mirroredContext(context: EvaluationContext): EvaluationContext {
  return { before: context.after, after: context.before, breakGlassIds: context.breakGlassIds };
}
