import { PERMISSIONS, type Permission } from '../../access/permissions.js';

/**
 * A `scope` (RFC 6749 3.3) as permissions of the catalogue, each once; undefined when it names anything else. A scope can only
 * narrow what the account may do.
 */
export function parseScope(scope: string): Permission[] | undefined {
  const names = new Set(scope.split(' '));
  return [...names].every((name) => Object.hasOwn(PERMISSIONS, name)) ? ([...names] as Permission[]) : undefined;
}

/** A stored scope; null is everything. What names something that the catalogue no longer has narrows to nothing, never to everything. */
export function storedScopes(scope: string | null): Permission[] | null {
  return scope === null ? null : (parseScope(scope) ?? []);
}

export function formatScope(scopes: readonly Permission[]): string {
  return scopes.join(' ');
}
