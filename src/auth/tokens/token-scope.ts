import { PERMISSIONS, type Permission } from '../../access/permissions.js';

/**
 * A `scope` (RFC 6749 3.3) as permissions of the catalogue, each once; undefined when it names anything else. A scope can only
 * narrow what the account may do.
 */
export function parseScope(scope: string): Permission[] | undefined {
  const names = new Set(scope.split(' '));
  return [...names].every((name) => Object.hasOwn(PERMISSIONS, name)) ? ([...names] as Permission[]) : undefined;
}

export function formatScope(scopes: readonly Permission[]): string {
  return scopes.join(' ');
}
