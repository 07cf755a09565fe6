import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredSnapshot, TypeState } from '../snapshot/stored-snapshot.js';
import type { CollectionMarks } from './collection-mark.js';

/** Whatever delta queries leave out is found after this long at the latest: then everything is read. */
export const WHOLE_EVERY_MS = 24 * 3_600_000;

/** What a reading may go on from. */
export interface CollectionChain {
  /** When the reading begins. */
  takenAt: Date;
  marks: CollectionMarks;
  /** How a type stood in the snapshot that is read against. */
  before(type: ResourceType): TypeState | null;
}

/** Everything is read. */
export const NO_CHAIN: CollectionChain = { takenAt: new Date(0), marks: new Map(), before: () => null };

/**
 * A type is read on only from a snapshot that has all of it, in the present form, and for a day at most.
 *
 * @param marks those that were written with `previous`
 */
export function chainOf(takenAt: Date, previous: StoredSnapshot | null, marks: CollectionMarks): CollectionChain {
  const before: CollectionChain['before'] = (type) => previous?.types.get(type) ?? null;
  const usable = [...marks].filter(
    ([type, { wholeAt }]) =>
      previous?.normaliserVersion === NORMALISER_VERSION &&
      before(type)?.status === 'complete' &&
      takenAt.getTime() - wholeAt.getTime() < WHOLE_EVERY_MS,
  );
  return { takenAt, marks: new Map(usable), before };
}
