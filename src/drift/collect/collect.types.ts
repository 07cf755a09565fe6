import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredHead } from '../snapshot/known-heads.js';
import type { CollectionStatus, Sightings } from '../snapshot/snapshot.types.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import type { CollectionMarks } from './collection-mark.js';

/** An object that isn't as the snapshot before has it. */
export interface ChangedObject {
  object: StoredObject;
  /** Of what was read. */
  fingerprint: Buffer;
  /** Null when it is new. */
  head: StoredHead | null;
}

/** An object of the same content as before that was read in another form. */
export interface RereadObject {
  fingerprint: Buffer;
  modifiedAt: string | null;
  head: StoredHead;
}

/**
 * What a scan read of one type, as it differs from the tenant's newest snapshot: memory grows with what changed. What isn't
 * in here was met as it was.
 */
export interface TypeCollection {
  resourceType: ResourceType;
  status: CollectionStatus;
  /** One sentence for people; null exactly when complete. */
  reason: string | null;
  /** Paths that the source read this time can't say anything about; absent when it says everything. */
  notCarried?: string[];
  /** Objects that were read. */
  count: number;
  /** By key. */
  changed: ReadonlyMap<string, ChangedObject>;
  /** By key. */
  reread: ReadonlyMap<string, RereadObject>;
  /** Keys of the snapshot before that are no more; empty unless complete. */
  gone: ReadonlySet<string>;
  /** Users and groups that the objects name. */
  named: ReadonlySet<string>;
  /** Whether an object was asked for by its id; absent where the whole list was read. */
  wasAsked?(key: string): boolean;
  /** Of a flapping type, what waits for a second reading; absent where nothing does. */
  sightings?: Sightings;
  /** Whether an object of the snapshot before was read, changed or not. */
  wasRead(key: string, head: Pick<StoredHead, 'fingerprint'>): boolean;
}

export type TenantCollection = Map<ResourceType, TypeCollection>;

/** Objects that were read a second time, by type and key; null for one that isn't there. What couldn't be read is absent. */
export type ReadAgain = ReadonlyMap<ResourceType, ReadonlyMap<string, StoredObject | null>>;

/** What is to be read a second time, by type and key: the members in which something is doubted; null for all of the object. */
export type Doubted = ReadonlyMap<ResourceType, ReadonlyMap<string, ReadonlySet<string> | null>>;

/** One reading of a tenant. */
export interface TenantReading {
  collection: TenantCollection;
  /** From where the next reading can go on; of types that were read completely. */
  marks: CollectionMarks;
  /** Reads some objects a second time. Faults of the tenant don't throw. */
  again(wanted: Doubted, signal: AbortSignal): Promise<ReadAgain>;
  /** To be called when nothing of the collection is asked for any more: what of it lies in files is gone then. */
  close(): void;
}
