import type { JsonObject } from '../../crypto/canonical-json.js';
import { normaliseObjects } from '../normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType } from '../snapshot/snapshot.types.js';

/** The collection that a list of raw objects makes: partial with its first reasons where some can't be read. */
export function collected(
  type: ResourceType,
  raws: Iterable<JsonObject>,
  more: Partial<CollectedType> = {},
): CollectedType {
  const { objects, faults } = normaliseObjects(RESOURCE_TYPE_CATALOGUE[type], raws);
  const faulty = faults.length > 0 && more.status === undefined;
  return {
    resourceType: type,
    status: faulty ? 'partial' : 'complete',
    reason: faulty ? firstFew(faults) : null,
    objects,
    ...more,
  };
}

/** A type that the export names and doesn't hold. */
export function failed(type: ResourceType, reason: string): CollectedType {
  return { resourceType: type, status: 'failed', reason, objects: [] };
}

function firstFew(faults: string[]): string {
  const shown = faults.slice(0, 3).join('; ');
  return faults.length > 3 ? `${shown}; and ${faults.length - 3} more` : shown;
}
