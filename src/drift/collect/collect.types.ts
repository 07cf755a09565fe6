import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectionStatus } from '../snapshot/snapshot.types.js';
import type { StoredObject } from '../snapshot/stored-object.js';

/** What a scan read of one type. */
export interface TypeCollection {
  resourceType: ResourceType;
  status: CollectionStatus;
  /** One sentence for people; null exactly when complete. */
  reason: string | null;
  /** Paths that the source read this time can't say anything about; absent when it says everything. */
  notCarried?: string[];
  objects: Map<string, StoredObject>;
}

export type TenantCollection = Map<ResourceType, TypeCollection>;
