import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredSnapshot } from '../snapshot/stored-snapshot.js';

/** How far a change may lie back of which no scan says when it wasn't there yet. */
const UNKNOWN_MS = 3_600_000;

/**
 * The last time that a change of a type would have been seen if it had been there: the change was made after it.
 *
 * @param previous the snapshot before this scan's
 */
export function lastCompleteReading(
  resourceType: ResourceType,
  previous: Pick<StoredSnapshot, 'takenAt' | 'types'> | null,
  takenAt: Date,
): Date {
  if (previous === null) return new Date(takenAt.getTime() - UNKNOWN_MS);
  const state = previous.types.get(resourceType);
  if (state === undefined || state.since === null) return previous.takenAt;
  return state.completeAt === undefined ? new Date(Date.parse(state.since) - UNKNOWN_MS) : new Date(state.completeAt);
}
