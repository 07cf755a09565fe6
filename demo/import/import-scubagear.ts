import { application, servicePrincipal } from '../generate/applications.js';
import { domain } from '../generate/tenant-policies.js';
import { mergePatch } from '../mutations/merge-patch.js';
import { isJsonObject, type JsonObject, objectsOf, textOf, textsOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { listOf } from './powershell-json.js';
import { replaceAll } from './replace-all.js';

/** Loads the sections that a ScubaGear export carries; each replaces what the tenant had of it. */
export function importScubaGear(state: TenantState, source: JsonObject): Record<string, number> {
  const loaded: Record<string, number> = {};
  const section = (name: string, into: string, load: (rows: JsonObject[]) => number) => {
    if (source[name] === undefined || source[name] === null) return;
    const rows = listOf(source[name]);
    if (rows.length > 0) loaded[into] = load(rows);
  };
  section('privileged_users', 'users', (rows) => loadUsers(state, rows));
  section('privileged_service_principals', 'servicePrincipals', (rows) => loadServicePrincipals(state, rows));
  section('conditional_access_policies', 'conditionalAccessPolicies', (rows) =>
    replaced(state, 'conditionalAccessPolicies', rows),
  );
  section('authorization_policies', 'authorizationPolicy', (rows) => loadAuthorizationPolicy(state, rows));
  section('admin_consent_policies', 'adminConsentRequestPolicy', ([row]) => {
    state.singletons.adminConsentRequestPolicy = { ...row, reviewers: objectsOf(row ?? {}, 'reviewers') };
    return 1;
  });
  section('directory_settings', 'groupSettings', (rows) => replaced(state, 'groupSettings', rows));
  section('domain_settings', 'domains', (rows) =>
    replaced(
      state,
      'domains',
      rows.map((row) => domain(textOf(row, 'id'), row)),
    ),
  );
  section('authentication_method', 'authenticationMethodConfigurations', ([row]) => loadMethods(state, row ?? {}));
  section('privileged_roles', 'roleDefinitions', (rows) => loadRoles(state, rows));
  section('risky_applications', 'applications', (rows) => loadApplications(state, rows));
  if (Object.keys(loaded).length === 0) throw new Error('The ScubaGear export carries no section of Entra ID.');
  return loaded;
}

function replaced(
  state: TenantState,
  collection: 'conditionalAccessPolicies' | 'groupSettings' | 'domains',
  rows: JsonObject[],
): number {
  replaceAll(state, collection, rows);
  return rows.length;
}

/** The export's people are added; the generated ones stay, since somebody must be able to sign in. */
function loadUsers(state: TenantState, [byId]: JsonObject[]): number {
  const people = Object.entries(byId ?? {}).filter(([id]) => id.includes('-'));
  for (const [id, about] of people) {
    if (!isJsonObject(about)) continue;
    const name = textOf(about, 'displayName');
    const mailbox = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.');
    state.collections.users.set({
      id,
      displayName: name,
      userPrincipalName: `${mailbox}.${id.slice(0, 4)}@${state.identity.initialDomain}`,
      accountEnabled: true,
      userType: 'Member',
      onPremisesImmutableId: about['onPremisesImmutableId'] ?? null,
    });
    state.changes.record('users', id);
  }
  return people.length;
}

function loadServicePrincipals(state: TenantState, [byId]: JsonObject[]): number {
  const list = Object.values(byId ?? {}).filter(isJsonObject);
  for (const about of list)
    addServicePrincipal(
      state,
      textOf(about, 'servicePrincipalId'),
      textOf(about, 'appId'),
      textOf(about, 'displayName'),
    );
  return list.length;
}

function loadAuthorizationPolicy(state: TenantState, [row]: JsonObject[]): number {
  const { permissionGrantPolicyIdsAssignedToDefaultUserRole: assigned, ...policy } = row ?? {};
  const permissions = isJsonObject(policy['defaultUserRolePermissions']) ? policy['defaultUserRolePermissions'] : {};
  state.singletons.authorizationPolicy = {
    ...policy,
    defaultUserRolePermissions: { ...permissions, permissionGrantPoliciesAssigned: assigned ?? [] },
  };
  return 1;
}

/** Older exports keep the policy itself, newer ones the policy beside its configurations. */
function loadMethods(state: TenantState, row: JsonObject): number {
  const { authenticationMethodConfigurations, ...older } = row;
  const policy = isJsonObject(row['authentication_method_policy']) ? row['authentication_method_policy'] : older;
  const configurations = objectsOf(row, 'authentication_method_feature_settings');
  const list =
    configurations.length > 0 ? configurations : objectsOf({ list: authenticationMethodConfigurations ?? [] }, 'list');
  state.singletons.authenticationMethodsPolicy = { ...policy, id: 'authenticationMethodsPolicy' };
  replaceAll(state, 'authenticationMethodConfigurations', list);
  return list.length;
}

function loadRoles(state: TenantState, rows: JsonObject[]): number {
  const active: JsonObject[] = [];
  for (const row of rows) {
    const id = textOf(row, 'roleTemplateId');
    const known = state.collections.roleDefinitions.get(id) ?? {
      isBuiltIn: true,
      isEnabled: true,
      templateId: id,
      rolePermissions: [],
    };
    state.collections.roleDefinitions.set({ ...known, displayName: row['displayName'] ?? null, id });
    active.push(...listOf(row['assignments']).map((assignment) => ({ ...assignment, roleDefinitionId: id })));
    const rules = listOf(row['rules']).map(({ ruleSource: _role, ruleSourceType: _type, ...rule }) => rule);
    if (rules.length > 0) state.roleManagementRules.set(id, rules);
  }
  const loadedRoles = new Set(rows.map((row) => row['roleTemplateId']));
  const others = [...state.collections.roleAssignmentScheduleInstances.values()].filter(
    (row) => !loadedRoles.has(row['roleDefinitionId'] ?? null),
  );
  replaceAll(state, 'roleAssignmentScheduleInstances', [...others, ...active]);
  return rows.length;
}

function loadApplications(state: TenantState, rows: JsonObject[]): number {
  for (const row of rows) {
    const ids = isJsonObject(row['objectId']) ? row['objectId'] : {};
    const bare = application({
      id: textOf(ids, 'application'),
      appId: textOf(row, 'appId'),
      displayName: textOf(row, 'displayName'),
      redirectUris: [],
      permissions: [],
      multiTenant: row['isMultiTenantEnabled'] === true,
    });
    state.collections.applications.set({
      ...mergePatch(bare, {
        keyCredentials: listOf(row['keyCredentials']),
        passwordCredentials: listOf(row['passwordCredentials']),
      }),
      id: bare.id,
    });
    const federated = listOf(row['federatedCredentials']).map((one) => ({ ...one, audiences: audiencesOf(one) }));
    state.federatedIdentityCredentials.set(bare.id, federated);
    state.changes.record('applications', bare.id);
    addServicePrincipal(state, textOf(ids, 'servicePrincipal'), textOf(row, 'appId'), textOf(row, 'displayName'));
  }
  return rows.length;
}

function audiencesOf(credential: JsonObject): string[] {
  return typeof credential['audiences'] === 'string'
    ? credential['audiences'].split(/\s+/).filter(Boolean)
    : textsOf(credential, 'audiences');
}

function addServicePrincipal(state: TenantState, id: string, appId: string, displayName: string): void {
  if (!id) return;
  state.collections.servicePrincipals.set(
    servicePrincipal(id, { appId, displayName, createdDateTime: null, signInAudience: null }, state.tenantId),
  );
  state.changes.record('servicePrincipals', id);
}
