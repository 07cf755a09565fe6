import { isAtOrBelow } from '../scope.js';

/**
 * What somebody may do on each scope, ready to be looked up: rows of bits one after another, of `/` the first, then of each of
 * the scopes that something else is said of.
 */
export interface CompiledAccess {
  bits: Uint32Array;
  /** Where the row of `/` begins. */
  at: number;
  /** Length of a row. */
  words: number;
  /** Deepest first: on this scope and below it, all that is above it considered. Empty when there are too many to walk. */
  scopes: readonly string[];
  /** The number of each scope's row when there are many; null when not. */
  byScope: ReadonlyMap<string, number> | null;
}

export function rowCount({ scopes, byScope }: CompiledAccess): number {
  return 1 + (byScope === null ? scopes.length : byScope.size);
}

/** Where the row begins that holds at a place. */
export function rowAt(access: CompiledAccess, place: string): number {
  const { scopes, byScope, at, words } = access;
  if (byScope !== null) return at + words * rowAmongMany(byScope, place);
  for (let nth = 0; nth < scopes.length; nth++) {
    const scope = scopes[nth];
    if (scope !== undefined && isAtOrBelow(place, scope)) return at + words * (nth + 1);
  }
  return at;
}

/** Whether a permission is held on some scope at least. */
export function isAnywhere(access: CompiledAccess, number: number): boolean {
  const rows = rowCount(access);
  for (let row = 0; row < rows; row++) if (rowHas(access, access.at + row * access.words, number)) return true;
  return false;
}

/** Whether a permission is held on every scope there is. */
export function isEverywhere(access: CompiledAccess, number: number): boolean {
  const rows = rowCount(access);
  for (let row = 0; row < rows; row++) if (!rowHas(access, access.at + row * access.words, number)) return false;
  return true;
}

/** @param row where it begins. Beyond its end somebody else's begins. */
export function rowHas({ bits, words }: CompiledAccess, row: number, number: number): boolean {
  const word = number >>> 5;
  return word < words && (((bits[row + word] ?? 0) >>> (number & 31)) & 1) === 1;
}

function rowAmongMany(byScope: ReadonlyMap<string, number>, place: string): number {
  for (let above = place; above.length > 1; above = above.slice(0, above.lastIndexOf('/'))) {
    const row = byScope.get(above);
    if (row !== undefined) return row;
  }
  return 0;
}
