import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import type { GroupCast } from './groups.js';
import { Prng } from './prng.js';
import {
  builtInRoleDefinitions,
  GLOBAL_ADMINISTRATOR,
  ORDINARY_ROLE_IDS,
  PRIVILEGED_ROLE_IDS,
} from './role-catalogue.js';
import { roleManagementRules } from './role-management-rules.js';
import type { Cast } from './tenant-plan.js';

/** Adds role definitions, active assignments (permanent, time-bound, activated), eligibilities and the rules of each role. */
export function generateRoles(state: TenantState, cast: Cast, groups: GroupCast): void {
  const { seed } = state.identity;
  const random = new Prng(seed, 'roles');
  for (const definition of [...builtInRoleDefinitions(), ...customRoles(random)]) {
    state.collections.roleDefinitions.set(definition);
    state.roleManagementRules.set(definition.id, roleManagementRules(definition.id === GLOBAL_ADMINISTRATOR));
  }
  const active = (principalId: string, roleDefinitionId: string, about: JsonObject = {}) =>
    state.collections.roleAssignmentScheduleInstances.set(
      assignmentInstance(random, principalId, roleDefinitionId, about),
    );
  const eligible = (principalId: string, roleDefinitionId: string, about: JsonObject = {}) =>
    state.collections.roleEligibilityScheduleInstances.set(
      eligibilityInstance(random, principalId, roleDefinitionId, about),
    );

  for (const id of cast.breakGlassIds) active(id, GLOBAL_ADMINISTRATOR);
  active(cast.administratorId, GLOBAL_ADMINISTRATOR, { endDateTime: '2027-03-01T08:00:00Z' });
  const roles = random.shuffle(PRIVILEGED_ROLE_IDS.filter((id) => id !== GLOBAL_ADMINISTRATOR));
  cast.adminIds.forEach((id, position) => {
    const role = roles[position % roles.length] ?? GLOBAL_ADMINISTRATOR;
    eligible(id, role, { endDateTime: '2027-02-01T08:00:00Z' });
    if (position < 2) eligible(id, GLOBAL_ADMINISTRATOR, { endDateTime: '2027-02-01T08:00:00Z' });
    // An activation of the eligibility above: present while it lasts, and no drift.
    if (position % 4 === 0) active(id, role, { assignmentType: 'Activated', endDateTime: '2026-06-02T18:00:00Z' });
    if (position % 5 === 1) active(id, random.pick(ORDINARY_ROLE_IDS), { endDateTime: '2026-12-31T23:00:00Z' });
  });
  for (const id of random.sample(cast.memberIds.slice(0, 200), 6)) active(id, random.pick(ORDINARY_ROLE_IDS));
  groups.roleAssignableIds.forEach((id, position) => {
    active(
      id,
      [
        '7be44c8a-adaf-4e2a-84d6-ab2649e08a13',
        '729827e3-9c14-49f7-bb1b-9608f156bbb8',
        '5d6b6bb7-de71-4623-b4af-96380a352509',
      ][position] ?? '',
      { endDateTime: null },
    );
  });
}

/** A row of roleAssignmentScheduleInstances; without an end it is permanent. */
export function assignmentInstance(
  random: Prng,
  principalId: string,
  roleDefinitionId: string,
  about: JsonObject = {},
): JsonObject & { id: string } {
  const id = `${Buffer.from(random.hex(64), 'hex').toString('base64url')}-1`;
  return {
    id,
    principalId,
    roleDefinitionId,
    directoryScopeId: '/',
    appScopeId: null,
    startDateTime: '2025-03-01T08:00:00Z',
    endDateTime: null,
    assignmentType: 'Assigned',
    memberType: 'Direct',
    roleAssignmentOriginId: id,
    roleAssignmentScheduleId: random.guid(),
    ...about,
  };
}

/** A row of roleEligibilityScheduleInstances. */
export function eligibilityInstance(
  random: Prng,
  principalId: string,
  roleDefinitionId: string,
  about: JsonObject = {},
): JsonObject & { id: string } {
  return {
    id: `${Buffer.from(random.hex(64), 'hex').toString('base64url')}-1-e`,
    principalId,
    roleDefinitionId,
    directoryScopeId: '/',
    appScopeId: null,
    startDateTime: '2025-03-01T08:00:00Z',
    endDateTime: null,
    memberType: 'Direct',
    roleEligibilityScheduleId: random.guid(),
    ...about,
  };
}

function customRoles(random: Prng): (JsonObject & { id: string })[] {
  const custom = (displayName: string, actions: string[]): JsonObject & { id: string } => {
    const id = random.guid();
    return {
      id,
      description: `${displayName}: made by this organisation.`,
      displayName,
      isBuiltIn: false,
      isEnabled: true,
      resourceScopes: ['/'],
      templateId: id,
      version: '3',
      rolePermissions: [
        { allowedResourceActions: actions.map((action) => `microsoft.directory/${action}`), condition: null },
      ],
      inheritsPermissionsFrom: [],
    };
  };
  return [
    custom('Application Inventory Reader', ['applications/standard/read', 'servicePrincipals/standard/read']),
    custom('Site Group Manager', [
      'groups.security/members/update',
      'groups.security/basic/update',
      'groups/standard/read',
    ]),
  ];
}
