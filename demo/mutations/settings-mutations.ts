import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, modifiedProperty, recordAct, target } from '../audit/audit-event.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { CollectionName, TenantState } from '../store/tenant-state.js';
import { keepDeleted } from './deleted-items.js';
import { changedMembers, mergePatch } from './merge-patch.js';

type Source = Pick<AuditEventPlan, 'service' | 'category'>;

/** What Entra writes when an object of a list comes, changes and goes; null where Graph doesn't let it. */
interface SettingAudit extends Source {
  added: string | null;
  updated: string | null;
  deleted: string | null;
  /** Members that a new object has when nothing is said of them. */
  initial?: JsonObject;
}

const policy = (initial: JsonObject = { isOrganizationDefault: false, deletedDateTime: null }): SettingAudit => ({
  service: 'Core Directory',
  category: 'Policy',
  added: 'Add policy',
  updated: 'Update policy',
  deleted: 'Delete policy',
  initial,
});

/** Lists whose objects are written as they are, each with the events of Entra's reference of audit activities. */
const AUDITS = {
  authenticationContextClassReferences: {
    service: 'Conditional Access',
    category: 'Policy',
    added: 'Add AuthenticationContextClassReference',
    updated: 'Update AuthenticationContextClassReference',
    deleted: 'Delete AuthenticationContextClassReference',
  },
  permissionGrantPolicies: {
    service: 'Core Directory',
    category: 'PermissionGrantPolicy',
    added: 'Add permission grant policy',
    updated: 'Update permission grant policy',
    deleted: 'Delete permission grant policy',
    initial: { includes: [], excludes: [] },
  },
  tokenLifetimePolicies: policy(),
  tokenIssuancePolicies: policy(),
  claimsMappingPolicies: policy(),
  homeRealmDiscoveryPolicies: policy(),
  activityBasedTimeoutPolicies: policy(),
  appManagementPolicies: policy({ isEnabled: true, restrictions: {}, appliesTo: [], deletedDateTime: null }),
  crossTenantPartners: {
    service: 'Core Directory',
    category: 'CrossTenantAccessSettings',
    added: 'Add a partner to cross-tenant access setting',
    updated: 'Update a partner cross-tenant access setting',
    deleted: 'Delete partner specific cross-tenant access setting',
    initial: { identitySynchronization: null, inboundTrust: null, b2bCollaborationInbound: null },
  },
  groupEligibilityScheduleInstances: {
    service: 'PIM',
    category: 'GroupManagement',
    added: 'Add eligible member to group in PIM completed (permanent)',
    updated: null,
    deleted: 'Remove eligible member from group in PIM completed (permanent)',
    initial: { accessId: 'member', memberType: 'direct', endDateTime: null },
  },
  onPremisesSynchronization: {
    service: 'Core Directory',
    category: 'DirectoryManagement',
    added: null,
    updated: 'Set DirSync feature',
    deleted: null,
  },
  certificateBasedAuthConfigurations: {
    service: 'Core Directory',
    category: 'CertificateBasedAuthConfiguration',
    added: 'Add CertificationBasedAuthConfiguration',
    updated: null,
    deleted: 'Delete CertificationBasedAuthConfiguration',
  },
  administrativeUnits: {
    service: 'Core Directory',
    category: 'AdministrativeUnit',
    added: 'Add administrative unit',
    updated: 'Update administrative unit',
    deleted: 'Delete administrative unit',
    initial: { isMemberManagementRestricted: false, visibility: null, deletedDateTime: null },
  },
  customAuthenticationExtensions: {
    service: 'B2C',
    category: 'PolicyManagement',
    added: 'Create customAuthenticationExtension',
    updated: 'Update customAuthenticationExtension',
    deleted: 'Delete customAuthenticationExtension',
  },
  identityProviders: {
    service: 'B2C',
    category: 'ResourceManagement',
    added: 'Create identity provider',
    updated: 'Update identity provider',
    deleted: 'Delete identity provider',
  },
} satisfies Partial<Record<CollectionName, SettingAudit>>;

export type SettingList = keyof typeof AUDITS;

/** Lists whose objects the caller names; Graph makes the ids of the others. */
const NAMED_BY_CALLER: ReadonlySet<SettingList> = new Set([
  'authenticationContextClassReferences',
  'permissionGrantPolicies',
]);

export function createSetting(state: TenantState, actor: Actor, list: SettingList, body: JsonObject): JsonObject {
  const audit: SettingAudit = AUDITS[list];
  if (audit.added === null) throw badRequest('Objects of this kind cannot be added.');
  const id = idOf(state, list, body);
  if (state.collections[list].has(id)) throw badRequest('A conflicting object with the same id exists.');
  const created: GraphObject = { ...audit.initial, ...body, id };
  state.collections[list].set(created);
  record(state, actor, audit, 'Add', audit.added, created, propertiesOf({}, created));
  return created;
}

export function updateSetting(
  state: TenantState,
  actor: Actor,
  list: SettingList,
  id: string,
  patch: JsonObject,
): JsonObject {
  const audit: SettingAudit = AUDITS[list];
  const before = existing(state, list, id);
  if (audit.updated === null) throw badRequest('Objects of this kind cannot be changed.');
  const after: GraphObject = { ...mergePatch(before, patch), id };
  state.collections[list].set(after);
  record(state, actor, audit, 'Update', audit.updated, after, propertiesOf(before, after));
  return after;
}

export function deleteSetting(state: TenantState, actor: Actor, list: SettingList, id: string): void {
  const audit: SettingAudit = AUDITS[list];
  const before = existing(state, list, id);
  if (audit.deleted === null) throw badRequest('Objects of this kind cannot be removed.');
  if (list === 'administrativeUnits') keepDeleted(state, list, before);
  state.collections[list].delete(id);
  record(state, actor, audit, 'Delete', audit.deleted, before, []);
}

/** Consent conditions are only ever added and removed whole, and each gets a new id. */
export function writeConditionSets(
  state: TenantState,
  actor: Actor,
  policyId: string,
  list: 'includes' | 'excludes',
  change: (sets: JsonObject[]) => JsonObject[],
): void {
  const before = existing(state, 'permissionGrantPolicies', policyId);
  const sets = Array.isArray(before[list]) ? (before[list] as JsonObject[]) : [];
  updateSetting(state, actor, 'permissionGrantPolicies', policyId, {
    [list]: change(sets).map((one) => ({ ...one, id: state.ids.guid() })),
  });
}

/** Graph: PUT …/partners/{id}/identitySynchronization. */
export function putIdentitySynchronization(state: TenantState, actor: Actor, tenantId: string, body: JsonObject): void {
  const before = existing(state, 'crossTenantPartners', tenantId);
  const after: GraphObject = { ...before, identitySynchronization: { tenantId, ...body }, id: tenantId };
  state.collections.crossTenantPartners.set(after);
  const source: Source = { service: 'Core Directory', category: 'CrossTenantIdentitySyncSettings' };
  const activity =
    before['identitySynchronization'] === null
      ? 'Create a partner cross-tenant identity sync setting'
      : 'Update a partner cross-tenant identity sync setting';
  record(state, actor, source, 'Update', activity, after, propertiesOf(before, after));
}

export function addToUnit(state: TenantState, actor: Actor, unitId: string, objectId: string): void {
  const unit = existing(state, 'administrativeUnits', unitId);
  if (!state.directoryObject(objectId)) throw notFound(objectId);
  const members = state.administrativeUnitMembers.get(unitId) ?? [];
  if (members.includes(objectId)) throw badRequest('One or more added object references already exist.');
  state.administrativeUnitMembers.set(unitId, [...members, objectId]);
  recordMember(state, actor, 'Assign', 'Add member to administrative unit', unit, objectId);
}

export function removeFromUnit(state: TenantState, actor: Actor, unitId: string, objectId: string): void {
  const unit = existing(state, 'administrativeUnits', unitId);
  const members = state.administrativeUnitMembers.get(unitId) ?? [];
  if (!members.includes(objectId)) throw notFound(objectId);
  state.administrativeUnitMembers.set(
    unitId,
    members.filter((id) => id !== objectId),
  );
  recordMember(state, actor, 'Unassign', 'Remove member from administrative unit', unit, objectId);
}

export function addScopedRole(state: TenantState, actor: Actor, unitId: string, body: JsonObject): JsonObject {
  const unit = existing(state, 'administrativeUnits', unitId);
  const info = body['roleMemberInfo'];
  const holder = typeof info === 'object' && info !== null && !Array.isArray(info) ? textOf(info, 'id') : '';
  const found = state.directoryObject(holder);
  if (!found) throw notFound(holder);
  const created: JsonObject = {
    id: state.ids.hex(40),
    administrativeUnitId: unitId,
    roleId: textOf(body, 'roleId'),
    roleMemberInfo: { id: holder, displayName: textOf(found, 'displayName') },
  };
  state.scopedRoleMembers.set(unitId, [...(state.scopedRoleMembers.get(unitId) ?? []), created]);
  recordMember(state, actor, 'Assign', 'Add scoped member to role', unit, holder);
  return created;
}

export function removeScopedRole(state: TenantState, actor: Actor, unitId: string, id: string): void {
  const unit = existing(state, 'administrativeUnits', unitId);
  const list = state.scopedRoleMembers.get(unitId) ?? [];
  const gone = list.find((one) => one['id'] === id);
  if (!gone) throw notFound(id);
  state.scopedRoleMembers.set(
    unitId,
    list.filter((one) => one !== gone),
  );
  const info = gone['roleMemberInfo'] as JsonObject;
  recordMember(state, actor, 'Unassign', 'Remove scoped member from role', unit, textOf(info, 'id'));
}

function recordMember(
  state: TenantState,
  actor: Actor,
  operationType: 'Assign' | 'Unassign',
  activity: string,
  unit: JsonObject,
  objectId: string,
): void {
  const { service, category } = AUDITS.administrativeUnits;
  const object = state.directoryObject(objectId) ?? {};
  recordAct(state, actor, [
    {
      service,
      category,
      activity,
      operationType,
      targets: [
        target('User', objectId, textOf(object, 'displayName')),
        target('AdministrativeUnit', textOf(unit, 'id'), textOf(unit, 'displayName')),
      ],
    },
  ]);
}

function idOf(state: TenantState, list: SettingList, body: JsonObject): string {
  if (list === 'crossTenantPartners') {
    const tenantId = textOf(body, 'tenantId');
    if (!/^[0-9a-f-]{36}$/i.test(tenantId)) throw badRequest('A tenantId is required.');
    return tenantId;
  }
  const wanted = textOf(body, 'id');
  return NAMED_BY_CALLER.has(list) && wanted !== '' ? wanted : state.ids.guid();
}

function existing(state: TenantState, list: SettingList, id: string): JsonObject {
  const found = state.collections[list].get(id);
  if (!found) throw notFound(id);
  return found;
}

function record(
  state: TenantState,
  actor: Actor,
  { service, category }: Source,
  operationType: 'Add' | 'Update' | 'Delete',
  activity: string,
  object: JsonObject,
  modified: JsonObject[],
): void {
  const id = textOf(object, 'id');
  const about = target('Policy', id, textOf(object, 'displayName') || id, modified);
  const others = ['principalId', 'groupId'].map((name) => textOf(object, name)).filter((other) => other !== '');
  recordAct(state, actor, [
    {
      service,
      category,
      activity,
      operationType,
      targets: [about, ...others.map((other) => target('Other', other, null))],
    },
  ]);
}

function propertiesOf(before: JsonObject, after: JsonObject): JsonObject[] {
  return changedMembers(before, after)
    .filter((member) => !member.startsWith('@') && member !== 'id')
    .map((member) => {
      const was: Json | undefined = before[member];
      return modifiedProperty(member, was === undefined ? undefined : [was], [after[member] ?? null]);
    });
}
