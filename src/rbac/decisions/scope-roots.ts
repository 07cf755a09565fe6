import { isAtOrBelow } from '../scope.js';

/** Where something is allowed: on and below each of `allowed`, but not on and below any of `denied`. */
export interface ScopeRoots {
  allowed: string[];
  denied: string[];
}

/** Whether it is allowed there. */
export function isWithin(scope: string, { allowed, denied }: ScopeRoots): boolean {
  return allowed.some((root) => isAtOrBelow(scope, root)) && !denied.some((root) => isAtOrBelow(scope, root));
}

/** The fewest scopes that say the same. Sorted. */
export function scopeRoots({ allowed, denied }: ScopeRoots): ScopeRoots {
  const deniedRoots = topmost(denied);
  const allowedRoots = topmost(allowed).filter((scope) => !deniedRoots.some((root) => isAtOrBelow(scope, root)));
  return {
    allowed: allowedRoots,
    denied: deniedRoots.filter((scope) => allowedRoots.some((root) => isAtOrBelow(scope, root))),
  };
}

function topmost(scopes: readonly string[]): string[] {
  const roots = new Set<string>();
  for (const scope of [...new Set(scopes)].sort((left, right) => left.length - right.length)) {
    if (!isBelow(scope, roots)) roots.add(scope);
  }
  return [...roots].sort();
}

function isBelow(scope: string, roots: ReadonlySet<string>): boolean {
  if (roots.has('/')) return true;
  for (let above = scope; above !== ''; above = above.slice(0, above.lastIndexOf('/'))) {
    if (roots.has(above)) return true;
  }
  return false;
}
