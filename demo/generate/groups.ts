import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';
import { CITIES, DEPARTMENTS } from './vocabulary.js';

/** Groups that other parts of the tenant refer to. */
export interface GroupCast {
  /** Excluded from Conditional Access policies. */
  exclusionIds: string[];
  roleAssignableIds: string[];
  ordinaryIds: string[];
}

const FIXED = [
  'CA - Exclusions',
  'CA - Legacy Migration',
  'Role - Tier 0 Operators',
  'Role - Helpdesk',
  'Role - Security Readers',
];

/** Adds groups: two for Conditional Access exclusions, three that can hold roles, then departments, sites, teams and dynamic ones. */
export function generateGroups(state: TenantState, cast: Cast, count: number): GroupCast {
  const { seed } = state.identity;
  const total = Math.max(count, FIXED.length + 1);
  const ids = Array.from({ length: total }, (_, position) => new Prng(seed, 'group', position).guid());
  ids.forEach((id, position) => {
    const random = new Prng(seed, 'group about', position);
    const fixed = FIXED[position];
    const department = DEPARTMENTS[position % DEPARTMENTS.length] ?? '';
    const kind = fixed ? 'fixed' : random.pick(['security', 'security', 'team', 'dynamic']);
    const displayName = fixed ?? `${department} ${random.pick(CITIES)} ${position}`;
    state.collections.groups.set(group(id, displayName, kind, department, fixed?.startsWith('Role') ?? false));
    const members = fixed
      ? random.sample(fixed.startsWith('Role') ? cast.adminIds : cast.memberIds, fixed.startsWith('Role') ? 3 : 2)
      : random.sample(cast.memberIds.slice(0, 400), random.between(3, 30));
    state.groupMembers.set(id, members);
    state.owners.set(
      id,
      random.sample(fixed ? cast.adminIds : cast.memberIds.slice(0, 200), random.between(fixed ? 1 : 0, 2)),
    );
  });
  return { exclusionIds: ids.slice(0, 2), roleAssignableIds: ids.slice(2, 5), ordinaryIds: ids.slice(5) };
}

function group(
  id: string,
  displayName: string,
  kind: string,
  department: string,
  assignable: boolean,
): JsonObject & { id: string } {
  const unified = kind === 'team';
  const dynamic = kind === 'dynamic';
  return {
    id,
    deletedDateTime: null,
    classification: null,
    createdDateTime: '2024-04-18T10:00:00Z',
    description: unified ? `${displayName}: shared mailbox, files and calendar` : null,
    displayName,
    groupTypes: unified ? ['Unified'] : dynamic ? ['DynamicMembership'] : [],
    isAssignableToRole: assignable ? true : null,
    mail: null,
    mailEnabled: unified,
    mailNickname: displayName.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase(),
    membershipRule: dynamic ? `(user.department -eq "${department}")` : null,
    membershipRuleProcessingState: dynamic ? 'On' : null,
    onPremisesLastSyncDateTime: null,
    onPremisesSyncEnabled: null,
    renewedDateTime: '2026-04-18T10:00:00Z',
    securityEnabled: true,
    visibility: unified ? 'Private' : null,
  };
}
