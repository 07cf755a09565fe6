import { isCovered } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TypeState } from '../snapshot/stored-snapshot.js';
import type { ClassifiedChange } from './drift-report.types.js';

/**
 * What a scan's silence about a change means. `assessed`: it would have been found if it still were; `not-assessed`: the scan
 * or the baseline can't say; `out-of-scope`: nothing names the user or group any more, so it isn't watched.
 */
export type Assessability = 'assessed' | 'not-assessed' | 'out-of-scope';

export type AssessedChange = Pick<ClassifiedChange, 'resourceType' | 'resourceKey' | 'changeType' | 'path'>;

/** One side of a comparison: how its types ended, and which of the objects in question it holds. */
export interface AssessedSide {
  types: ReadonlyMap<ResourceType, Pick<TypeState, 'status' | 'notCarried'>>;
  keys: ReadonlyMap<ResourceType, ReadonlySet<string>>;
}

/**
 * Answers, for changes that an earlier scan found, whether this one could have found them again. It follows what the
 * comparison leaves out, so that nothing it can't see reads as reverted.
 *
 * @param baseline null while there is none: nothing is compared then
 * @param named users and groups that something of what was read names
 */
export function assessorOf(
  baseline: AssessedSide | null,
  now: AssessedSide,
  named: ReadonlySet<string>,
): (change: AssessedChange) => Assessability {
  if (baseline === null) return () => 'not-assessed';
  return ({ resourceType, resourceKey, changeType, path }) => {
    const was = baseline.types.get(resourceType);
    const is = now.types.get(resourceType);
    if (was === undefined || is === undefined) return 'not-assessed';
    const isThere = now.keys.get(resourceType)?.has(resourceKey) === true;
    if (!isThere) {
      if (is.status !== 'complete') return 'not-assessed';
      if (RESOURCE_TYPE_CATALOGUE[resourceType].collect.kind !== 'referenced') return 'assessed';
      return named.has(resourceKey) ? 'assessed' : 'out-of-scope';
    }
    const notCarried = [...(was.notCarried ?? []), ...(is.notCarried ?? [])];
    if (notCarried.some((pattern) => isCovered(path, pattern))) return 'not-assessed';
    // An object that such a baseline doesn't hold is neither new nor compared.
    const isKnown = was.status === 'complete' || baseline.keys.get(resourceType)?.has(resourceKey) === true;
    return isKnown || changeType === 'removed' ? 'assessed' : 'not-assessed';
  };
}
