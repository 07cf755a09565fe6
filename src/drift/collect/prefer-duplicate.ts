import type { StoredObject } from '../snapshot/stored-object.js';

/**
 * Which of two objects with one key counts. Graph lists a role assignment once per schedule, and the same object twice when
 * it changes between two pages. The choice doesn't depend on their order, and never hides the wider assignment behind the
 * narrower: permanent before limited in time, direct before through a group.
 */
export function preferredOf(a: StoredObject, b: StoredObject): StoredObject {
  if (a.hash === b.hash) return a;
  return rankOf(a) < rankOf(b) ? a : b;
}

function rankOf({ value, modifiedAt, hash }: StoredObject): string {
  const ends = value['endDateTime'] === undefined ? '0' : '1';
  const direct = value['memberType'] === undefined ? '0' : '1';
  // Of two states of one object the newer counts: an inverted instant sorts newest first.
  const age = modifiedAt === null ? '9' : String(9_999_999_999_999 - Date.parse(modifiedAt)).padStart(14, '0');
  return `${ends}${direct} ${age} ${hash}`;
}
