import type { TenantCollection } from '../../../src/drift/collect/collect.types.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { CollectedType, TenantSnapshot } from '../../../src/drift/snapshot/snapshot.types.js';

/** A reading against no snapshot keeps every object that it read. */
export function wholeOf(collection: TenantCollection): TenantSnapshot {
  const types = new Map<ResourceType, CollectedType>();
  for (const [type, { resourceType, status, reason, changed }] of collection)
    types.set(type, { resourceType, status, reason, objects: Array.from(changed.values(), ({ object }) => object) });
  return { source: 'graph', tenantId: null, takenAt: null, types };
}
