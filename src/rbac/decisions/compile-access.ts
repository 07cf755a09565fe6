import { isAtOrBelow } from '../scope.js';
import type { AccessBlocks } from './access-blocks.js';
import type { CompiledAccess } from './compiled-access.js';
import { addBits } from './permission-numbers.js';

/** Beyond so many scopes a map that is walked up is quicker than a list. */
const LISTED_SCOPES = 8;
const NO_SCOPES: readonly string[] = [];

/** What is assigned on exactly one scope, then also what is above it. */
export interface OnScope {
  scope: string;
  allow: Uint32Array | null;
  deny: Uint32Array | null;
  /** Bitsets of roles are shared and copied before anything is added. */
  ownsAllow: boolean;
  ownsDeny: boolean;
}

export function nothingOn(scope: string): OnScope {
  return { scope, allow: null, deny: null, ownsAllow: false, ownsDeny: false };
}

export function allow(on: OnScope, bits: Uint32Array): void {
  if (on.allow === null) on.allow = bits;
  else if (on.allow !== bits) {
    if (!on.ownsAllow) on.allow = on.allow.slice();
    on.ownsAllow = true;
    addBits(on.allow, bits);
  }
}

export function deny(on: OnScope, bits: Uint32Array): void {
  if (on.deny === null) on.deny = bits;
  else if (on.deny !== bits) {
    if (!on.ownsDeny) on.deny = on.deny.slice();
    on.ownsDeny = true;
    addBits(on.deny, bits);
  }
}

/** @param held one entry a scope, in any order; used up @param words length of a row */
export function compileAccess(held: OnScope[], words: number, blocks: AccessBlocks): CompiledAccess {
  // The deepest come first: a scope is longer than all those above it.
  held.sort((left, right) => right.scope.length - left.scope.length);
  if (held.at(-1)?.scope !== '/') held.push(nothingOn('/'));
  const scoped = held.length - 1;
  const isMany = scoped > LISTED_SCOPES;
  const places = new Map<string, number>();
  if (isMany) for (let nth = 0; nth < scoped; nth++) places.set(held[nth]?.scope ?? '', nth + 1);
  const { words: bits, at } = blocks.take(words * held.length);
  for (let nth = scoped; nth >= 0; nth--) {
    const own = held[nth];
    if (own === undefined) continue;
    if (nth < scoped) {
      const above = held[isMany ? placeAbove(places, own.scope, scoped) : firstAbove(held, nth)];
      if (above?.allow) allow(own, above.allow);
      if (above?.deny) deny(own, above.deny);
    }
    writeRow(bits, at + (nth === scoped ? 0 : nth + 1) * words, words, own);
  }
  const scopes = isMany || scoped === 0 ? NO_SCOPES : held.slice(0, scoped).map(({ scope }) => scope);
  return { bits, at, words, scopes, byScope: isMany ? places : null };
}

function writeRow(bits: Uint32Array, at: number, words: number, { allow, deny }: OnScope): void {
  for (let word = 0; word < words; word++) {
    bits[at + word] = allow === null ? 0 : (allow[word] ?? 0) & ~(deny === null ? 0 : (deny[word] ?? 0));
  }
}

/** Among those that come after it, so the nearest. The last is `/`. */
function firstAbove(held: readonly OnScope[], nth: number): number {
  const scope = held[nth]?.scope ?? '';
  const last = held.length - 1;
  for (let above = nth + 1; above < last; above++) if (isAtOrBelow(scope, held[above]?.scope ?? '')) return above;
  return last;
}

function placeAbove(places: ReadonlyMap<string, number>, scope: string, root: number): number {
  for (let end = scope.lastIndexOf('/'); end > 0; end = scope.lastIndexOf('/', end - 1)) {
    const row = places.get(scope.slice(0, end));
    if (row !== undefined) return row - 1;
  }
  return root;
}
