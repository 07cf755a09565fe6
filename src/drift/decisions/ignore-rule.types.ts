import { isCovered } from '../normalise/path-patterns.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** What is set aside before it is found: an object, what lies under a path of every object of a type, or both. */
export interface IgnorePattern {
  resourceType: ResourceType;
  /** Null for every object of the type. */
  resourceKey: string | null;
  /** JSON Pointer in which `*` stands for any one token; what lies below is meant too. Null for the whole object. */
  pathPattern: string | null;
}

/** A rule that ignores, while it holds. */
export interface ActiveIgnoreRule extends IgnorePattern {
  id: string;
  reason: string;
  until: Date;
  createdById: string;
  createdByName: string;
}

interface Place {
  resourceType: ResourceType;
  resourceKey: string;
  path: string;
}

/** An object that came or went is more than what a path says: only a rule for the object ignores that. */
export function isIgnoredBy({ resourceType, resourceKey, pathPattern }: IgnorePattern, change: Place): boolean {
  if (resourceType !== change.resourceType) return false;
  if (resourceKey !== null && resourceKey !== change.resourceKey) return false;
  return pathPattern === null || isCovered(change.path, pathPattern);
}
