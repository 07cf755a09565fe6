import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { TypeCollection } from '../collect/collect.types.js';
import { isObject, member, stringsAt, text } from '../normalise/json-members.js';
import { RESOURCE_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectionStatus, Sightings } from './snapshot.types.js';

/** How one type ended in one scan. */
export interface TypeState {
  status: CollectionStatus;
  /** Null exactly when complete. */
  reason: string | null;
  /** RFC 3339: the scan from which on the type has not been complete; null while it is. */
  since: string | null;
  /** RFC 3339: the last scan that read it completely; absent while it is complete, and where it never was. */
  completeAt?: string;
  /** Digest of all keys and hashes; null unless complete. Equal roots mean equal contents. */
  root: string | null;
  /** Objects read. */
  count: number;
  /** Paths that the source couldn't say anything about; absent when it said everything. */
  notCarried?: string[];
  /** Absent where nothing waits for a second reading. */
  sightings?: Sightings;
}

export type TypeStates = Map<ResourceType, TypeState>;

/** A snapshot in the store. */
export interface StoredSnapshot {
  id: string;
  tenantId: string;
  slotId: string;
  sequence: number;
  takenAt: Date;
  normaliserVersion: number;
  complete: boolean;
  types: TypeStates;
}

/**
 * How the types of a scan ended, given how they ended in the one before.
 *
 * @param roots of the types that were read completely
 */
export function typeStatesOf(
  collection: ReadonlyMap<
    ResourceType,
    Pick<TypeCollection, 'status' | 'reason' | 'count' | 'notCarried' | 'sightings'>
  >,
  previous: Pick<StoredSnapshot, 'takenAt' | 'types'> | null,
  takenAt: Date,
  roots: ReadonlyMap<ResourceType, string> = new Map(),
): TypeStates {
  const states: TypeStates = new Map();
  for (const [type, { status, reason, count, notCarried, sightings }] of collection) {
    const isComplete = status === 'complete';
    const before = previous?.types.get(type);
    const since = before?.since ?? takenAt.toISOString();
    const completeAt = before?.status === 'complete' ? previous?.takenAt.toISOString() : before?.completeAt;
    states.set(type, {
      status,
      reason,
      since: isComplete ? null : since,
      ...(isComplete || completeAt === undefined ? {} : { completeAt }),
      root: isComplete ? (roots.get(type) ?? null) : null,
      count,
      ...(notCarried === undefined ? {} : { notCarried }),
      ...(sightings === undefined ? {} : { sightings }),
    });
  }
  return states;
}

export function typeStatesToJson(states: TypeStates): JsonObject {
  return Object.fromEntries(
    Array.from(states, ([type, { sightings, ...state }]) => [
      type,
      { ...state, ...(sightings === undefined ? {} : { sightings: { ...sightings } }) },
    ]),
  );
}

export function typeStatesFromJson(json: Json): TypeStates {
  const states: TypeStates = new Map();
  for (const type of RESOURCE_TYPES) {
    const state = member(json, type);
    if (!isObject(state)) continue;
    const status = text(state, 'status');
    const count = member(state, 'count');
    const notCarried = stringsAt(state, '/notCarried');
    const completeAt = text(state, 'completeAt');
    states.set(type, {
      status: status === 'complete' || status === 'partial' ? status : 'failed',
      reason: text(state, 'reason'),
      since: text(state, 'since'),
      ...(completeAt === null ? {} : { completeAt }),
      root: text(state, 'root'),
      count: typeof count === 'number' ? count : 0,
      ...(notCarried.length === 0 ? {} : { notCarried }),
      ...(isObject(member(state, 'sightings')) ? { sightings: sightingsFromJson(state) } : {}),
    });
  }
  return states;
}

function sightingsFromJson(state: JsonObject): Sightings {
  const unasked = stringsAt(state, '/sightings/unasked');
  return {
    appeared: stringsAt(state, '/sightings/appeared'),
    missing: stringsAt(state, '/sightings/missing'),
    ...(unasked.length === 0 ? {} : { unasked }),
  };
}
