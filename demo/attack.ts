import type { Actor } from './audit/actor.js';
import { userActor } from './audit/actor.js';
import type { DemoTenant } from './demo-tenant.types.js';
import { CONTROL_PLANE_PERMISSIONS, graphRoleId } from './generate/permission-catalogue.js';
import { Prng } from './generate/prng.js';
import { GLOBAL_ADMINISTRATOR } from './generate/role-catalogue.js';
import { addPassword } from './mutations/application-mutations.js';
import { updateConditionalAccessObject } from './mutations/conditional-access-mutations.js';
import { assignRole } from './mutations/role-mutations.js';
import { isJsonObject, type JsonObject, textOf, textsOf } from './store/json.types.js';
import type { TenantState } from './store/tenant-state.js';

export { type AppliedEdit, applyHarmlessEdits } from './harmless-edits.js';

/** What an attacker did, as the report should tell it. */
export interface AppliedAttack {
  kind:
    | 'policyToReportOnly'
    | 'userExcludedFromMfa'
    | 'permanentGlobalAdministrator'
    | 'credentialOnPrivilegedApplication';
  resourceType: 'conditionalAccessPolicy' | 'roleAssignment' | 'application';
  /** Graph id; for a role assignment `principal|role|scope|appScope`. */
  resourceKey: string;
  /** JSON Pointer of the change; '' for a new object. */
  path: string;
  /** Object id of the account that made the call. */
  actorObjectId: string;
  displayName: string;
}

/**
 * Changes the tenant as an attacker would who took over one of its administrators: the account and the four targets are drawn
 * by the seed, and every change leaves its audit events.
 */
export function applyAttack(tenant: Pick<DemoTenant, 'state' | 'cast'>, seed: number): AppliedAttack[] {
  const { state } = tenant;
  const random = new Prng(seed, 'attack');
  const actor = userActor(state, random.pick(tenant.cast.adminIds), `198.51.100.${random.between(2, 250)}`);
  const enforcing = random.shuffle([...state.collections.conditionalAccessPolicies.values()].filter(isEnforcing));
  const [weakened] = enforcing;
  const pierced = enforcing.find((policy) => policy !== weakened && demandsMfa(policy) && coversEverybody(policy));
  if (!weakened || !pierced) throw new Error('The tenant has no two enforced policies that an attacker could weaken.');
  const victim = random.pick(tenant.cast.memberIds.slice(0, 300));
  return [
    reportOnly(state, actor, weakened),
    excludeUser(state, actor, pierced, victim),
    newGlobalAdministrator(
      state,
      actor,
      random.pick(tenant.cast.memberIds.slice(0, 300).filter((id) => isOrdinary(state, id))),
    ),
    newCredential(state, actor, random),
  ];
}

function reportOnly(state: TenantState, actor: Actor, policy: JsonObject): AppliedAttack {
  const id = textOf(policy, 'id');
  updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', id, {
    state: 'enabledForReportingButNotEnforced',
  });
  return applied('policyToReportOnly', 'conditionalAccessPolicy', id, '/state', actor, textOf(policy, 'displayName'));
}

function excludeUser(state: TenantState, actor: Actor, policy: JsonObject, victim: string): AppliedAttack {
  const id = textOf(policy, 'id');
  const excludeUsers = [...textsOf(usersOf(policy), 'excludeUsers'), victim];
  updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', id, {
    conditions: { users: { excludeUsers } },
  });
  return applied(
    'userExcludedFromMfa',
    'conditionalAccessPolicy',
    id,
    '/conditions/users/excludeUsers',
    actor,
    textOf(policy, 'displayName'),
  );
}

function newGlobalAdministrator(state: TenantState, actor: Actor, principalId: string): AppliedAttack {
  assignRole(state, actor, { principalId, roleDefinitionId: GLOBAL_ADMINISTRATOR });
  const name = textOf(state.collections.users.get(principalId) ?? {}, 'displayName');
  return applied(
    'permanentGlobalAdministrator',
    'roleAssignment',
    `${principalId}|${GLOBAL_ADMINISTRATOR}|/|`,
    '',
    actor,
    name,
  );
}

function newCredential(state: TenantState, actor: Actor, random: Prng): AppliedAttack {
  const app = random.pick(privilegedApplications(state));
  const id = textOf(app, 'id');
  const credential = addPassword(state, actor, 'applications', id, {
    displayName: random.pick(['backup', 'sync', 'temp', 'migration']),
  });
  return applied(
    'credentialOnPrivilegedApplication',
    'application',
    id,
    `/passwordCredentials/${textOf(credential, 'keyId')}`,
    actor,
    textOf(app, 'displayName'),
  );
}

/** Applications whose service principal holds an app role with which it can make itself Global Administrator. */
function privilegedApplications(state: TenantState): JsonObject[] {
  const roles = new Set(CONTROL_PLANE_PERMISSIONS.map(graphRoleId));
  const holders = new Set(
    [...state.collections.appRoleAssignments.values()]
      .filter((row) => roles.has(textOf(row, 'appRoleId')))
      .map((row) => row['principalId']),
  );
  const appIds = [...holders].map((id) => state.collections.servicePrincipals.get(String(id))?.['appId']);
  const apps = [...state.collections.applications.values()].filter((app) => appIds.includes(app['appId'] ?? null));
  if (apps.length === 0) throw new Error('The tenant has no application with a control-plane permission.');
  return apps;
}

function isEnforcing(policy: JsonObject): boolean {
  return policy['state'] === 'enabled' && (demandsMfa(policy) || controlsOf(policy).includes('block'));
}

function demandsMfa(policy: JsonObject): boolean {
  const grant = policy['grantControls'];
  return controlsOf(policy).includes('mfa') || (isJsonObject(grant) && isJsonObject(grant['authenticationStrength']));
}

function coversEverybody(policy: JsonObject): boolean {
  return textsOf(usersOf(policy), 'includeUsers').includes('All');
}

function controlsOf(policy: JsonObject): string[] {
  return isJsonObject(policy['grantControls']) ? textsOf(policy['grantControls'], 'builtInControls') : [];
}

function usersOf(policy: JsonObject): JsonObject {
  const conditions = policy['conditions'];
  return isJsonObject(conditions) && isJsonObject(conditions['users']) ? conditions['users'] : {};
}

function isOrdinary(state: TenantState, id: string): boolean {
  const user = state.collections.users.get(id) ?? {};
  const hasRole = state.collections.roleAssignmentScheduleInstances.where('principalId', id).length > 0;
  return user['userType'] === 'Member' && user['accountEnabled'] === true && !hasRole;
}

function applied(
  kind: AppliedAttack['kind'],
  resourceType: AppliedAttack['resourceType'],
  resourceKey: string,
  path: string,
  actor: Actor,
  displayName: string,
): AppliedAttack {
  return {
    kind,
    resourceType,
    resourceKey,
    path,
    actorObjectId: actor.type === 'user' ? actor.id : actor.servicePrincipalId,
    displayName,
  };
}
