import { lookupOf } from '../classify/evaluation-context.js';
import type { TenantCollection } from '../collect/collect.types.js';
import { isCovered } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { referencedIds } from '../snapshot/referenced-ids.js';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import type { ClassifiedChange } from './drift-report.types.js';

/**
 * What a scan's silence about a change means. `assessed`: it would have been found if it still were; `not-assessed`: the scan
 * or the baseline can't say; `out-of-scope`: nothing names the user or group any more, so it isn't watched.
 */
export type Assessability = 'assessed' | 'not-assessed' | 'out-of-scope';

export type AssessedChange = Pick<ClassifiedChange, 'resourceType' | 'resourceKey' | 'changeType' | 'path'>;

/**
 * Answers, for changes that an earlier scan found, whether this one could have found them again. It follows what the
 * comparison leaves out, so that nothing it can't see reads as reverted.
 *
 * @param baseline null while there is none: nothing is compared then
 */
export function assessorOf(
  baseline: TenantSnapshot | null,
  collection: TenantCollection,
): (change: AssessedChange) => Assessability {
  if (baseline === null) return () => 'not-assessed';
  const before = lookupOf(baseline);
  let named: Set<string> | null = null;
  return ({ resourceType, resourceKey, changeType, path }) => {
    const was = baseline.types.get(resourceType);
    const is = collection.get(resourceType);
    if (was === undefined || is === undefined) return 'not-assessed';
    const isThere = is.objects.has(resourceKey);
    if (!isThere) {
      if (is.status !== 'complete') return 'not-assessed';
      if (RESOURCE_TYPE_CATALOGUE[resourceType].collect.kind !== 'referenced') return 'assessed';
      named ??= namedIn(collection);
      return named.has(resourceKey) ? 'assessed' : 'out-of-scope';
    }
    const notCarried = [...(was.notCarried ?? []), ...(is.notCarried ?? [])];
    if (notCarried.some((pattern) => isCovered(path, pattern))) return 'not-assessed';
    // An object that such a baseline doesn't hold is neither new nor compared.
    const isKnown = was.status === 'complete' || before.find(resourceType, resourceKey) !== undefined;
    return isKnown || changeType === 'removed' ? 'assessed' : 'not-assessed';
  };
}

function namedIn(collection: TenantCollection): Set<string> {
  const named = new Set<string>();
  for (const { objects } of collection.values())
    for (const object of objects.values()) for (const id of referencedIds(object)) named.add(id);
  return named;
}
