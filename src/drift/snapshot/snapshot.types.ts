import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** One object of the tenant in its normal form: the unit that is stored, hashed and compared. */
export interface SnapshotObject {
  resourceType: ResourceType;
  /** What identifies the object within its type across scans: the Graph id, or the tuple joined by '|' where Graph's id isn't stable. */
  key: string;
  /** Present when the source carries no id: `key` is then 'name:' and the name, and says nothing across renames. */
  keyedBy?: 'name';
  /** For people; never decides anything except pairing objects of exports that carry no ids. */
  displayName: string | null;
  /** Normal form: no volatile property, no null/''/[]/{} member, sets sorted, keyed lists turned into objects by their key. */
  value: JsonObject;
  /** SHA-256 (hex) of the canonical JSON of `value`. */
  hash: string;
  /** Evidence that isn't part of the compared value: when Graph says that the object was last modified. */
  modifiedAt: string | null;
  /** What a source says of the object beside its configuration. Never compared, and not stored. */
  evidence?: JsonObject;
}

/**
 * How a type's collection ended. Only a complete collection says that what isn't in it doesn't exist; anything else is
 * "not assessed" for whatever it lacks.
 */
export type CollectionStatus = 'complete' | 'partial' | 'failed';

/** Objects of a flapping type that were seen to come or go once, which doesn't count yet. */
export interface Sightings {
  /** Keys that this scan was the first to read: they aren't in the snapshot. */
  appeared: string[];
  /** Keys that this scan was the first to miss: they still are. */
  missing: string[];
  /** Of `missing`, those that weren't asked for, because nothing that was read named them; absent where there are none. */
  unasked?: string[];
}

export interface CollectedType {
  resourceType: ResourceType;
  status: CollectionStatus;
  /** One sentence for people: which request failed and how. Null exactly when complete. */
  reason: string | null;
  objects: SnapshotObject[];
  /**
   * Set when the source lists a selection only (privileged users, applications with risky permissions): being in it or not
   * says nothing about existence, so such a type yields modifications and never added or removed.
   */
  selection?: true;
  /** The collection speaks only for objects whose member has one of these values (a source that reads eight roles). */
  scope?: { member: string; values: string[] };
  /** Paths (patterns with `*`) that the source cut off or never reads: nothing at or below them is compared. */
  notCarried?: string[];
  /**
   * For sources that write every member of a known form, null where it is empty: all members that this version of the source
   * knows. A member beside them that is missing is one that the source doesn't know yet, not one that was taken away.
   */
  carries?: string[];
  /** The same for objects of several forms, by the value of a member of theirs. */
  carriesBy?: { member: string; known: ReadonlyMap<string, string[]> };
  /** What the source has, or should have, and can't be answered for: sentences. Nothing of it is among `objects` or in `scope`. */
  notAssessed?: string[];
}

/** Where a snapshot came from. Types that a source can't carry are absent from `types` and are not compared. */
export type SnapshotSource = 'graph' | 'scubagear' | 'intunemanagement' | 'entraexporter' | 'blindspotx';

export interface TenantSnapshot {
  source: SnapshotSource;
  /** Entra's id of the tenant; null where an export doesn't say. */
  tenantId: string | null;
  /** RFC 3339, UTC. Null where an export doesn't say. */
  takenAt: string | null;
  /** Names of the service plans that the tenant has, where the source says. */
  servicePlans?: ReadonlySet<string>;
  /** Ids that the source's own configuration allows to be left out of a control, by the control's id. */
  allowedExclusions?: ReadonlyMap<string, ReadonlySet<string>>;
  types: Map<ResourceType, CollectedType>;
}

/** Before and after of one path; `undefined` means that the value isn't there. */
export interface ValueChange {
  path: string;
  before: Json | undefined;
  after: Json | undefined;
}
