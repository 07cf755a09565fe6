import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { TypeState, TypeStates } from '../snapshot/stored-snapshot.js';
import type { ReadAgain, TenantCollection, TypeCollection } from './collect.types.js';

/** More objects of a type than this don't come or go by a whim of a replica. */
export const MOST_SIGHTINGS = 10_000;

/**
 * A reading without what it alone says. An object of a flapping type that this reading is the first to find isn't there yet,
 * and one that it is the first to miss still is, unless reading it again said the same. Pure.
 *
 * @param before how the types stood in the snapshot that was read against
 */
export function holdSightings(
  collection: TenantCollection,
  before: TypeStates | undefined,
  confirmed: ReadAgain = new Map(),
): TenantCollection {
  const held: TenantCollection = new Map();
  for (const [type, now] of collection) {
    const was = before?.get(type);
    const flaps = RESOURCE_TYPE_CATALOGUE[type].flapping === true;
    const isConfirmed = (key: string) => confirmed.get(type)?.has(key) === true;
    held.set(type, flaps && was !== undefined ? withoutFirstSightings(now, was, isConfirmed) : now);
  }
  return held;
}

function withoutFirstSightings(
  now: TypeCollection,
  was: TypeState,
  isConfirmed: (key: string) => boolean,
): TypeCollection {
  const isUnasked = (key: string) => now.wasAsked?.(key) === false;
  const appeared = firstAppearances(now, was, isConfirmed);
  const missing = firstAbsences(now, was, isConfirmed, isUnasked);
  // What was seen once and is beyond this reading still waits.
  const unread =
    now.status === 'complete' ? [] : (was.sightings?.appeared ?? []).filter((key) => !now.changed.has(key));
  if (appeared.length + missing.length + unread.length === 0) return now;
  const kept = new Set(missing);
  const left = new Set(appeared);
  return {
    ...now,
    count: now.count - appeared.length + missing.length,
    changed: new Map([...now.changed].filter(([key]) => !left.has(key))),
    gone: new Set([...now.gone].filter((key) => !kept.has(key))),
    sightings: {
      appeared: [...appeared, ...unread].sort(),
      missing: missing.sort(),
      ...(missing.some(isUnasked) ? { unasked: missing.filter(isUnasked) } : {}),
    },
    wasRead: (key, head) => kept.has(key) || now.wasRead(key, head),
  };
}

/** Whatever others name is read when it is named, so that it comes along says nothing; and what wasn't known isn't new. */
function firstAppearances(
  { resourceType, changed }: TypeCollection,
  was: TypeState,
  isConfirmed: (key: string) => boolean,
): string[] {
  const isReferenced = RESOURCE_TYPE_CATALOGUE[resourceType].collect.kind === 'referenced';
  if (isReferenced || was.status !== 'complete') return [];
  const before = new Set(was.sightings?.appeared);
  const first: string[] = [];
  for (const [key, { head }] of changed) if (head === null && !before.has(key) && !isConfirmed(key)) first.push(key);
  return first.length > MOST_SIGHTINGS ? [] : first;
}

/** Not to be asked for and not to be answered are two things: one of each isn't twice the same. */
function firstAbsences(
  { gone }: TypeCollection,
  was: TypeState,
  isConfirmed: (key: string) => boolean,
  isUnasked: (key: string) => boolean,
): string[] {
  const before = new Set(was.sightings?.missing);
  const unaskedBefore = new Set(was.sightings?.unasked);
  const isSecond = (key: string) => before.has(key) && unaskedBefore.has(key) === isUnasked(key);
  const first = [...gone].filter((key) => !isSecond(key) && !isConfirmed(key));
  return first.length > MOST_SIGHTINGS ? [] : first;
}
