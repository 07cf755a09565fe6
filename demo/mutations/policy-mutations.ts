import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { badRequest, GraphFailure, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { SingletonName, TenantState } from '../store/tenant-state.js';
import { changedMembers, mergePatch } from './merge-patch.js';

/** What the audit log calls an update of a policy that a tenant has once. */
const SINGLETON_AUDIT: Record<SingletonName, Pick<AuditEventPlan, 'service' | 'category' | 'activity'>> = {
  authenticationMethodsPolicy: {
    service: 'Authentication Methods',
    category: 'Policy',
    activity: 'Authentication Methods Policy Update',
  },
  authorizationPolicy: { service: 'Core Directory', category: 'Policy', activity: 'Update authorization policy' },
  identitySecurityDefaultsEnforcementPolicy: {
    service: 'Core Directory',
    category: 'Policy',
    activity: 'Update security defaults',
  },
  adminConsentRequestPolicy: {
    service: 'Core Directory',
    category: 'Policy',
    activity: 'Update admin consent request policy',
  },
  organization: { service: 'Core Directory', category: 'DirectoryManagement', activity: 'Set Company Information' },
  crossTenantAccessPolicyDefault: {
    service: 'Core Directory',
    category: 'CrossTenantAccessSettings',
    activity: 'Update the company default cross-tenant access setting',
  },
  externalIdentitiesPolicy: { service: 'Core Directory', category: 'Policy', activity: 'Update policy' },
  defaultAppManagementPolicy: { service: 'Core Directory', category: 'Policy', activity: 'Update policy' },
  deviceRegistrationPolicy: {
    service: 'Device Registration Service',
    category: 'Policy',
    activity: 'Set device registration policies',
  },
};

export function updateSingleton(state: TenantState, actor: Actor, name: SingletonName, patch: JsonObject): JsonObject {
  const before = state.singletons[name];
  const after = mergePatch(before, patch);
  if ('lastModifiedDateTime' in before) after['lastModifiedDateTime'] = sevenDigits(state.now());
  if (name === 'adminConsentRequestPolicy') after['version'] = Number(before['version']) + 1;
  state.singletons[name] = after;
  const id = textOf(after, 'id') || name;
  recordAct(state, actor, [
    {
      ...SINGLETON_AUDIT[name],
      operationType: 'Update',
      targets: [target('Policy', id, textOf(after, 'displayName') || name, memberChanges(before, after))],
    },
  ]);
  return after;
}

export function updateAuthenticationMethod(
  state: TenantState,
  actor: Actor,
  id: string,
  patch: JsonObject,
): JsonObject {
  const before = state.collections.authenticationMethodConfigurations.get(id);
  if (!before) throw notFound(id);
  const after: GraphObject = { ...mergePatch(before, patch), id };
  state.collections.authenticationMethodConfigurations.set(after);
  recordMethod(state, actor, before, after);
  return after;
}

/** Only external methods come and go; Microsoft's own are always there. */
export function createExternalMethod(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  if (body['@odata.type'] !== EXTERNAL_METHOD) throw badRequest('Only external authentication methods can be added.');
  const created: GraphObject = {
    state: 'disabled',
    includeTargets: [],
    excludeTargets: [],
    ...body,
    id: state.ids.guid(),
  };
  state.collections.authenticationMethodConfigurations.set(created);
  recordMethod(state, actor, undefined, created);
  return created;
}

export function deleteExternalMethod(state: TenantState, actor: Actor, id: string): void {
  const before = state.collections.authenticationMethodConfigurations.get(id);
  if (!before) throw notFound(id);
  if (before['@odata.type'] !== EXTERNAL_METHOD) throw badRequest("Microsoft's own methods can't be removed.");
  state.collections.authenticationMethodConfigurations.delete(id);
  recordMethod(state, actor, before, undefined);
}

export const EXTERNAL_METHOD = '#microsoft.graph.externalAuthenticationMethodConfiguration';

function recordMethod(
  state: TenantState,
  actor: Actor,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  const policy = state.singletons.authenticationMethodsPolicy;
  state.singletons.authenticationMethodsPolicy = { ...policy, lastModifiedDateTime: sevenDigits(state.now()) };
  const list = (one: JsonObject | undefined) => ({ authenticationMethodConfigurations: one ? [one] : [] });
  recordAct(state, actor, [
    {
      ...SINGLETON_AUDIT.authenticationMethodsPolicy,
      operationType: 'Update',
      targets: [
        target('Policy', textOf(policy, 'id'), textOf(policy, 'displayName'), [
          modifiedProperty('AuthenticationMethodsPolicy', list(before), list(after)),
        ]),
      ],
      details: { AuthenticationMethod: textOf(after ?? before ?? {}, 'id') },
    },
  ]);
}

export function createAuthenticationStrength(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  if (!Array.isArray(body['allowedCombinations'])) throw badRequest('allowedCombinations is required.');
  const now = sevenDigits(state.now());
  const created: GraphObject = {
    description: null,
    requirementsSatisfied: 'mfa',
    combinationConfigurations: [],
    ...body,
    id: state.ids.guid(),
    policyType: 'custom',
    createdDateTime: now,
    modifiedDateTime: now,
  };
  state.collections.authenticationStrengthPolicies.set(created);
  recordStrength(state, actor, undefined, created);
  return created;
}

/** `allowedCombinations` change by an action of their own (updateAllowedCombinations), everything else by PATCH. */
export function updateAuthenticationStrength(
  state: TenantState,
  actor: Actor,
  id: string,
  patch: JsonObject,
): JsonObject {
  const before = customStrength(state, id);
  const after: GraphObject = { ...mergePatch(before, patch), id, modifiedDateTime: sevenDigits(state.now()) };
  state.collections.authenticationStrengthPolicies.set(after);
  recordStrength(state, actor, before, after);
  return after;
}

export function deleteAuthenticationStrength(state: TenantState, actor: Actor, id: string): void {
  const before = customStrength(state, id);
  state.collections.authenticationStrengthPolicies.delete(id);
  recordStrength(state, actor, before, undefined);
}

export function updateGroupSetting(state: TenantState, actor: Actor, id: string, patch: JsonObject): JsonObject {
  const before = state.collections.groupSettings.get(id);
  if (!before) throw notFound(id);
  const after: GraphObject = { ...mergePatch(before, patch), id };
  state.collections.groupSettings.set(after);
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'GroupManagement',
      activity: 'Update group settings',
      operationType: 'Update',
      targets: [target('Other', id, textOf(after, 'displayName'), memberChanges(before, after))],
    },
  ]);
  return after;
}

/** Graph's own templates: a setting has the name of its template, and a tenant one setting of each. */
const SETTING_TEMPLATES = new Map([
  ['62375ab9-6b52-47ed-826b-58e47e0e304b', 'Group.Unified'],
  ['08d542b9-071f-4e16-94b0-74abb332e3d9', 'Group.Unified.Guest'],
  ['dffd5d46-495d-40a9-8e21-954ff55e198a', 'Consent Policy Settings'],
  ['5cf42378-d67d-4f36-ba46-e8b86229381d', 'Password Rule Settings'],
]);

export function createGroupSetting(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const templateId = textOf(body, 'templateId');
  const displayName = SETTING_TEMPLATES.get(templateId);
  if (displayName === undefined) throw badRequest('The specified template does not exist.');
  if (state.collections.groupSettings.where('templateId', templateId).length > 0)
    throw badRequest(
      'A conflicting object with one or more of the specified property values is present in the directory.',
    );
  const values = Array.isArray(body['values']) ? body['values'] : [];
  const created: GraphObject = { id: state.ids.guid(), displayName, templateId, values };
  state.collections.groupSettings.set(created);
  recordSetting(state, actor, 'Add', 'Create group settings', created);
  return created;
}

export function deleteGroupSetting(state: TenantState, actor: Actor, id: string): void {
  const before = state.collections.groupSettings.get(id);
  if (!before) throw notFound(id);
  state.collections.groupSettings.delete(id);
  recordSetting(state, actor, 'Delete', 'Delete group settings', before);
}

function recordSetting(
  state: TenantState,
  actor: Actor,
  operationType: 'Add' | 'Delete',
  activity: string,
  setting: JsonObject,
): void {
  const about = target('Other', textOf(setting, 'id'), textOf(setting, 'displayName'));
  recordAct(state, actor, [
    { service: 'Core Directory', category: 'GroupManagement', activity, operationType, targets: [about] },
  ]);
}

function customStrength(state: TenantState, id: string): JsonObject {
  const strength = state.collections.authenticationStrengthPolicies.get(id);
  if (!strength) throw notFound(id);
  if (strength['policyType'] === 'builtIn')
    throw new GraphFailure(403, 'Authorization_RequestDenied', 'Built-in authentication strengths cannot be changed.');
  return strength;
}

function recordStrength(
  state: TenantState,
  actor: Actor,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  const verb = !before ? 'Add' : after ? 'Update' : 'Delete';
  const object = after ?? before ?? {};
  const one = (property: string) =>
    target('Policy', textOf(object, 'id'), textOf(object, 'displayName'), [modifiedProperty(property, before, after)]);
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'Policy',
      activity: `${verb} policy`,
      operationType: verb,
      targets: [one('PolicyDetail')],
    },
    {
      service: 'Authentication Methods',
      category: 'Policy',
      activity: `${verb} authentication strength policy`,
      operationType: verb,
      targets: [one('AuthenticationStrengthPolicy')],
    },
  ]);
}

function memberChanges(before: JsonObject, after: JsonObject): JsonObject[] {
  return changedMembers(before, after).map((member) =>
    modifiedProperty(member, wrap(before[member]), wrap(after[member])),
  );
}

/** The directory writes every value of a policy as a list of one. */
function wrap(value: Json | undefined): Json | undefined {
  return value === undefined ? undefined : [typeof value === 'string' ? value : JSON.stringify(value)];
}
