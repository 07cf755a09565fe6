import { addBits, hasBit } from './permission-numbers.js';

/** Beyond so many scopes a map that is walked up is quicker than a list. */
const LISTED_SCOPES = 8;
const SLASH = 47;

/** What somebody is allowed and denied by what is assigned on exactly one scope. */
export interface OnScope {
  scope: string;
  allow: Uint32Array | null;
  deny: Uint32Array | null;
}

/** What somebody may do on each scope, ready to be looked up. */
export interface CompiledAccess {
  /** On `/`, and wherever nothing else is said. */
  root: Uint32Array;
  /** Deepest first: on this scope and below it, all that is above it considered. Empty when there are too many to walk. */
  scoped: readonly { scope: string; bits: Uint32Array }[];
  /** The same when there are many; null when not. */
  byScope: ReadonlyMap<string, Uint32Array> | null;
  /** On some scope at least. */
  anywhere: Uint32Array;
}

/** @param held one entry a scope, in any order @param words length of a bitset */
export function compileAccess(held: OnScope[], words: number): CompiledAccess {
  const nothing = new Uint32Array(words);
  // A scope is longer than all those above it.
  held.sort((left, right) => left.scope.length - right.scope.length);
  const cumulative = new Map<string, OnScope>();
  const compiled: { scope: string; bits: Uint32Array }[] = [];
  let root: Uint32Array = nothing;
  for (const own of held) {
    const above = own.scope === '/' ? undefined : nearestAbove(cumulative, own.scope);
    const allow = union(above?.allow ?? null, own.allow);
    const deny = union(above?.deny ?? null, own.deny);
    cumulative.set(own.scope, { scope: own.scope, allow, deny });
    const bits = minus(allow ?? nothing, deny);
    if (own.scope === '/') root = bits;
    else compiled.push({ scope: own.scope, bits });
  }
  let anywhere: Uint32Array = root;
  if (compiled.length > 0) {
    anywhere = root.slice();
    for (const { bits } of compiled) addBits(anywhere, bits);
  }
  const isMany = compiled.length > LISTED_SCOPES;
  return {
    root,
    scoped: isMany ? [] : compiled.reverse(),
    byScope: isMany ? new Map(compiled.map(({ scope, bits }) => [scope, bits])) : null,
    anywhere,
  };
}

/** Whether a permission is held on every scope there is. */
export function isEverywhere({ root, scoped, byScope }: CompiledAccess, number: number): boolean {
  if (!hasBit(root, number) || scoped.some(({ bits }) => !hasBit(bits, number))) return false;
  for (const bits of byScope?.values() ?? []) if (!hasBit(bits, number)) return false;
  return true;
}

/** The bits that hold at a place. */
export function bitsAt(access: CompiledAccess, place: string): Uint32Array {
  const { scoped, byScope, root } = access;
  if (byScope !== null) {
    for (let above = place; above.length > 1; above = above.slice(0, above.lastIndexOf('/'))) {
      const bits = byScope.get(above);
      if (bits !== undefined) return bits;
    }
    return root;
  }
  for (let nth = 0; nth < scoped.length; nth++) {
    const entry = scoped[nth];
    if (entry !== undefined && isWithin(place, entry.scope)) return entry.bits;
  }
  return root;
}

/** @param scope any but `/` */
function isWithin(place: string, scope: string): boolean {
  const { length } = scope;
  if (place.length === length) return place === scope;
  return place.length > length && place.charCodeAt(length) === SLASH && place.startsWith(scope);
}

function nearestAbove(cumulative: ReadonlyMap<string, OnScope>, scope: string): OnScope | undefined {
  for (let end = scope.lastIndexOf('/'); end > 0; end = scope.lastIndexOf('/', end - 1)) {
    const above = cumulative.get(scope.slice(0, end));
    if (above !== undefined) return above;
  }
  return cumulative.get('/');
}

/** Members of either. Both may be shared with others and are never written to. */
export function union(one: Uint32Array | null, other: Uint32Array | null): Uint32Array | null {
  if (one === null) return other;
  if (other === null) return one;
  const both = one.slice();
  addBits(both, other);
  return both;
}

function minus(allow: Uint32Array, deny: Uint32Array | null): Uint32Array {
  if (deny === null) return allow;
  return allow.map((word, nth) => word & ~(deny[nth] ?? 0));
}
