import { isObject, member, text } from '../../normalise/json-members.js';
import { isPrivilegedRole, TIER_ZERO_APP_ROLES } from '../../resource-types/well-known.js';
import type { SnapshotLookup } from '../evaluation-context.js';

/** What is known of a tenant's control plane in one snapshot. */
export interface ControlPlane {
  /** Users, groups and service principals that hold or may activate a privileged role; and those who are in such groups or may join them. */
  principals: ReadonlySet<string>;
  /** Groups that hold or may activate a privileged role. */
  groups: ReadonlySet<string>;
  /** Service principals with an application permission from which Global Administrator can be reached. */
  tierZeroServicePrincipals: ReadonlySet<string>;
}

const known = new WeakMap<SnapshotLookup, ControlPlane>();

/** Computed once per snapshot. */
export function controlPlaneOf(lookup: SnapshotLookup): ControlPlane {
  let found = known.get(lookup);
  if (found === undefined) {
    found = compute(lookup);
    known.set(lookup, found);
  }
  return found;
}

/** Whether a principal is control plane: by a privileged role or by a tier-zero permission. */
export function isControlPlane(lookup: SnapshotLookup, principalId: string): boolean {
  const plane = controlPlaneOf(lookup);
  return plane.principals.has(principalId) || plane.tierZeroServicePrincipals.has(principalId);
}

function compute(lookup: SnapshotLookup): ControlPlane {
  const principals = new Set<string>();
  const groups = new Set<string>();
  for (const type of ['roleAssignment', 'roleEligibility'] as const) {
    for (const { value } of lookup.objects(type)) {
      const role = text(value, 'roleDefinitionId');
      const principal = text(value, 'principalId');
      if (role === null || principal === null || !isPrivilegedRole(role)) continue;
      principals.add(principal);
      const group = lookup.find('group', principal);
      if (group === undefined) continue;
      groups.add(principal);
      const members = member(group.value, 'members');
      if (isObject(members)) for (const id of Object.keys(members)) principals.add(id);
    }
  }
  for (const { value } of lookup.objects('groupEligibility')) {
    const principal = text(value, 'principalId');
    if (principal !== null && groups.has(text(value, 'groupId') ?? '')) principals.add(principal);
  }
  const tierZero = new Set<string>();
  for (const { value } of lookup.objects('appRoleAssignment')) {
    const role = text(value, 'appRoleId');
    const principal = text(value, 'principalId');
    if (role !== null && principal !== null && TIER_ZERO_APP_ROLES.has(role)) tierZero.add(principal);
  }
  return { principals, groups, tierZeroServicePrincipals: tierZero };
}
