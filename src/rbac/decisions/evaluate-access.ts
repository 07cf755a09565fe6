import { PERMISSIONS, type Permission } from '../../access/permissions.js';
import type { AccessGrant, EffectiveAccess } from '../rbac.types.js';

/**
 * From the valid assignments of one user to what they may do: a permission is held when at least one assignment allows it
 * and none denies it. Sorted by permission.
 */
export function evaluateAccess(grants: readonly AccessGrant[]): EffectiveAccess[] {
  const byPermission = new Map<Permission, EffectiveAccess>();
  for (const { permission, ...path } of grants) {
    let access = byPermission.get(permission);
    if (access === undefined) {
      access = { permission, allowed: false, via: [] };
      byPermission.set(permission, access);
    }
    access.via.push(path);
  }
  for (const access of byPermission.values()) {
    access.allowed =
      access.via.some(({ effect }) => effect === 'allow') && !access.via.some(({ effect }) => effect === 'deny');
  }
  return [...byPermission.values()].sort((left, right) => (left.permission < right.permission ? -1 : 1));
}

export function allowedPermissions(grants: readonly AccessGrant[]): Set<Permission> {
  return new Set(
    evaluateAccess(grants)
      .filter(({ allowed }) => allowed)
      .map(({ permission }) => permission),
  );
}

/** Whether a text from outside names a permission of the catalogue. */
export function isPermission(name: string): name is Permission {
  return Object.hasOwn(PERMISSIONS, name);
}
