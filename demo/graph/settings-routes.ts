import {
  addScopedRole,
  addToUnit,
  createSetting,
  deleteSetting,
  putIdentitySynchronization,
  removeFromUnit,
  removeScopedRole,
  type SettingList,
  updateSetting,
  writeConditionSets,
} from '../mutations/settings-mutations.js';
import { isJsonObject, type JsonObject, objectsOf, textOf } from '../store/json.types.js';
import { badRequest } from './graph-failure.js';
import type { GraphCall, GraphRoute } from './graph-route.js';
import { listPage } from './list-page.js';
import { linkedObjects } from './resource-shapes.js';
import { children, collectionRoutes, missing, owned, singletonRoutes } from './route-kinds.js';
import { created, done, id, param, referenced, route } from './write-answers.js';

const POLICY = ['Policy.Read.All'];
const UNITS = ['AdministrativeUnit.Read.All', 'Directory.Read.All'];
const ORGANIZATION = ['Organization.Read.All', 'Directory.Read.All'];
const GROUP_PIM = '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances';
const PARTNERS = '/policies/crossTenantAccessPolicy/partners';

/** Reads of the policies and settings that most tenants have few of. */
export const SETTINGS_READ_ROUTES: GraphRoute[] = [
  ...collectionRoutes(
    '/identity/conditionalAccess/authenticationContextClassReferences',
    'authenticationContextClassReferences',
    'authenticationContextClassReference',
    POLICY,
    { throttle: 'conditionalAccess' },
  ),
  ...collectionRoutes('/policies/permissionGrantPolicies', 'permissionGrantPolicies', 'permissionGrantPolicy', [
    'Policy.Read.PermissionGrant',
  ]),
  ...(['includes', 'excludes'] as const).map((list) =>
    children(
      `/policies/permissionGrantPolicies/{id}/${list}`,
      ['Policy.Read.PermissionGrant'],
      'permissionGrantConditionSet',
      (call, policy) => objectsOf(call.state.collections.permissionGrantPolicies.get(policy) ?? missing(call), list),
    ),
  ),
  ...collectionRoutes('/policies/tokenLifetimePolicies', 'tokenLifetimePolicies', 'tokenLifetimePolicy', POLICY),
  ...collectionRoutes('/policies/tokenIssuancePolicies', 'tokenIssuancePolicies', 'tokenIssuancePolicy', POLICY),
  ...collectionRoutes('/policies/claimsMappingPolicies', 'claimsMappingPolicies', 'claimsMappingPolicy', POLICY),
  ...collectionRoutes(
    '/policies/homeRealmDiscoveryPolicies',
    'homeRealmDiscoveryPolicies',
    'homeRealmDiscoveryPolicy',
    POLICY,
  ),
  ...collectionRoutes(
    '/policies/activityBasedTimeoutPolicies',
    'activityBasedTimeoutPolicies',
    'activityBasedTimeoutPolicy',
    POLICY,
  ),
  ...singletonRoutes('/policies/defaultAppManagementPolicy', 'defaultAppManagementPolicy', POLICY),
  ...collectionRoutes('/policies/appManagementPolicies', 'appManagementPolicies', 'appManagementPolicy', POLICY, {
    // What it is applied to is a relation of its own.
    shape: () => ({ present: ({ appliesTo: _applied, ...row }) => row }),
  }),
  children('/policies/appManagementPolicies/{id}/appliesTo', POLICY, 'directoryObject', (call, policy) => {
    const applied = call.state.collections.appManagementPolicies.get(policy)?.['appliesTo'];
    return owned(call, 'appManagementPolicies', policy, Array.isArray(applied) ? applied.filter(isJsonObject) : []);
  }),
  ...singletonRoutes('/policies/crossTenantAccessPolicy/default', 'crossTenantAccessPolicyDefault', POLICY),
  ...collectionRoutes(PARTNERS, 'crossTenantPartners', 'crossTenantAccessPolicyConfigurationPartner', POLICY, {
    shape: () => ({
      // The partner's key is its tenant; how its people are synchronised is shown only where it is expanded.
      present: ({ id: _key, identitySynchronization, ...row }, options) =>
        options.expand.includes('identitySynchronization')
          ? { ...row, identitySynchronization: identitySynchronization ?? null }
          : row,
    }),
  }),
  ...singletonRoutes('/beta/policies/externalIdentitiesPolicy', 'externalIdentitiesPolicy', POLICY),
  ...singletonRoutes('/policies/deviceRegistrationPolicy', 'deviceRegistrationPolicy', [
    'Policy.Read.DeviceConfiguration',
  ]),
  {
    method: 'GET',
    path: GROUP_PIM,
    permissions: ['PrivilegedEligibilitySchedule.Read.AzureADGroup'],
    handle: (call) => {
      if (!/\b(groupId|principalId) eq /.test(call.query.get('$filter') ?? ''))
        throw badRequest('The groupId or the principalId is required in the filter.');
      return listPage(call, call.state.collections.groupEligibilityScheduleInstances, {
        type: 'privilegedAccessGroupEligibilityScheduleInstance',
      });
    },
  },
  ...collectionRoutes(
    '/directory/onPremisesSynchronization',
    'onPremisesSynchronization',
    'onPremisesDirectorySynchronization',
    ['OnPremDirectorySynchronization.Read.All'],
  ),
  {
    method: 'GET',
    path: '/organization/{id}/certificateBasedAuthConfiguration',
    permissions: ORGANIZATION,
    handle: (call) => {
      if (call.params['id'] !== call.state.tenantId) return missing(call);
      return listPage(call, call.state.collections.certificateBasedAuthConfigurations, {
        type: 'certificateBasedAuthConfiguration',
      });
    },
  },
  ...collectionRoutes('/directory/administrativeUnits', 'administrativeUnits', 'administrativeUnit', UNITS),
  children('/directory/administrativeUnits/{id}/members', UNITS, 'directoryObject', (call, unit) =>
    linkedObjects(call.state, owned(call, 'administrativeUnits', unit, call.state.administrativeUnitMembers.get(unit))),
  ),
  children(
    '/directory/administrativeUnits/{id}/scopedRoleMembers',
    ['RoleManagement.Read.Directory', 'Directory.Read.All'],
    'scopedRoleMembership',
    (call, unit) => owned(call, 'administrativeUnits', unit, call.state.scopedRoleMembers.get(unit)),
  ),
  ...collectionRoutes(
    '/identity/customAuthenticationExtensions',
    'customAuthenticationExtensions',
    'customAuthenticationExtension',
    ['CustomAuthenticationExtension.Read.All', 'Application.Read.All'],
  ),
  ...collectionRoutes('/identity/identityProviders', 'identityProviders', 'identityProviderBase', [
    'IdentityProvider.Read.All',
  ]),
];

/** Writes of the same. */
export const SETTINGS_WRITE_ROUTES: GraphRoute[] = [
  ...written(
    '/identity/conditionalAccess/authenticationContextClassReferences',
    'authenticationContextClassReferences',
    'AuthenticationContext.ReadWrite.All',
  ).map((one): GraphRoute => ({ ...one, throttle: 'conditionalAccess' })),
  ...written('/policies/permissionGrantPolicies', 'permissionGrantPolicies', 'Policy.ReadWrite.PermissionGrant'),
  ...(['includes', 'excludes'] as const).flatMap((list) => [
    route('POST', `/policies/permissionGrantPolicies/{id}/${list}`, 'Policy.ReadWrite.PermissionGrant', (c) => {
      writeConditionSets(c.state, c.actor, id(c), list, (sets) => [...sets, c.body]);
      return created(c.body);
    }),
    route('DELETE', `/policies/permissionGrantPolicies/{id}/${list}/{key}`, 'Policy.ReadWrite.PermissionGrant', (c) =>
      done(writeConditionSets(c.state, c.actor, id(c), list, (sets) => withoutSet(c, sets))),
    ),
  ]),
  ...(
    [
      'tokenLifetimePolicies',
      'tokenIssuancePolicies',
      'claimsMappingPolicies',
      'homeRealmDiscoveryPolicies',
      'activityBasedTimeoutPolicies',
      'appManagementPolicies',
    ] as const
  ).flatMap((list) => written(`/policies/${list}`, list, 'Policy.ReadWrite.ApplicationConfiguration')),
  ...written(PARTNERS, 'crossTenantPartners', 'Policy.ReadWrite.CrossTenantAccess'),
  route('PUT', `${PARTNERS}/{id}/identitySynchronization`, 'Policy.ReadWrite.CrossTenantAccess', (c) =>
    done(putIdentitySynchronization(c.state, c.actor, id(c), c.body)),
  ),
  ...written(
    '/directory/onPremisesSynchronization',
    'onPremisesSynchronization',
    'OnPremDirectorySynchronization.ReadWrite.All',
  ),
  route('POST', '/organization/{organization}/certificateBasedAuthConfiguration', 'Organization.ReadWrite.All', (c) =>
    created(createSetting(c.state, c.actor, 'certificateBasedAuthConfigurations', c.body)),
  ),
  route(
    'DELETE',
    '/organization/{organization}/certificateBasedAuthConfiguration/{id}',
    'Organization.ReadWrite.All',
    (c) => done(deleteSetting(c.state, c.actor, 'certificateBasedAuthConfigurations', id(c))),
  ),
  ...written('/directory/administrativeUnits', 'administrativeUnits', 'AdministrativeUnit.ReadWrite.All'),
  route('POST', '/directory/administrativeUnits/{id}/members/$ref', 'AdministrativeUnit.ReadWrite.All', (c) =>
    done(addToUnit(c.state, c.actor, id(c), referenced(c))),
  ),
  route('DELETE', '/directory/administrativeUnits/{id}/members/{key}/$ref', 'AdministrativeUnit.ReadWrite.All', (c) =>
    done(removeFromUnit(c.state, c.actor, id(c), param(c, 'key'))),
  ),
  route('POST', '/directory/administrativeUnits/{id}/scopedRoleMembers', 'RoleManagement.ReadWrite.Directory', (c) =>
    created(addScopedRole(c.state, c.actor, id(c), c.body)),
  ),
  route(
    'DELETE',
    '/directory/administrativeUnits/{id}/scopedRoleMembers/{key}',
    'RoleManagement.ReadWrite.Directory',
    (c) => done(removeScopedRole(c.state, c.actor, id(c), param(c, 'key'))),
  ),
  route(
    'POST',
    '/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests',
    'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
    requestGroupEligibility,
  ),
  ...written(
    '/identity/customAuthenticationExtensions',
    'customAuthenticationExtensions',
    'CustomAuthenticationExtension.ReadWrite.All',
  ),
  ...written('/identity/identityProviders', 'identityProviders', 'IdentityProvider.ReadWrite.All'),
];

function written(path: string, list: SettingList, permission: string): GraphRoute[] {
  return [
    route('POST', path, permission, (c) => created(createSetting(c.state, c.actor, list, c.body))),
    route('PATCH', `${path}/{id}`, permission, (c) => done(updateSetting(c.state, c.actor, list, id(c), c.body))),
    route('DELETE', `${path}/{id}`, permission, (c) => done(deleteSetting(c.state, c.actor, list, id(c)))),
  ];
}

function withoutSet(call: GraphCall, sets: JsonObject[]): JsonObject[] {
  const left = sets.filter((one) => one['id'] !== param(call, 'key'));
  return left.length === sets.length ? missing(call) : left;
}

/** privilegedAccessGroupEligibilityScheduleRequest: adminAssign and adminRemove take effect at once here. */
function requestGroupEligibility(call: GraphCall) {
  const { state, actor, body } = call;
  const action = textOf(body, 'action');
  const [groupId, principalId] = [textOf(body, 'groupId'), textOf(body, 'principalId')];
  if (!state.collections.groups.has(groupId) || !state.directoryObject(principalId))
    throw badRequest('The group or the principal does not exist.');
  const accessId = textOf(body, 'accessId') || 'member';
  const held = [...state.collections.groupEligibilityScheduleInstances.values()].find(
    (row) => row['groupId'] === groupId && row['principalId'] === principalId && row['accessId'] === accessId,
  );
  if (action === 'adminRemove') {
    if (!held) throw badRequest('The eligibility does not exist.');
    deleteSetting(state, actor, 'groupEligibilityScheduleInstances', textOf(held, 'id'));
  } else if (action === 'adminUpdate') {
    if (!held) throw badRequest('The eligibility does not exist.');
    const end = endOf(body);
    state.collections.groupEligibilityScheduleInstances.set({ ...held, endDateTime: end, id: textOf(held, 'id') });
  } else if (action === 'adminAssign') {
    if (held) throw badRequest('The eligibility exists already.');
    createSetting(state, actor, 'groupEligibilityScheduleInstances', {
      groupId,
      principalId,
      accessId,
      startDateTime: state.now().toISOString(),
      endDateTime: endOf(body),
      eligibilityScheduleId: state.ids.guid(),
    });
  } else throw badRequest('The action is not supported.');
  return created({ id: state.ids.guid(), status: 'Provisioned', action, groupId, principalId, accessId });
}

function endOf(body: JsonObject): string | null {
  const expiration = isJsonObject(body['scheduleInfo']) ? body['scheduleInfo']['expiration'] : null;
  return isJsonObject(expiration) ? textOf(expiration, 'endDateTime') || null : null;
}
