import {
  addFederatedCredential,
  createApplication,
  createServicePrincipal,
  removeFederatedCredential,
  updateFederatedCredential,
} from '../mutations/application-mutations.js';
import {
  createConditionalAccessObject,
  deleteConditionalAccessObject,
  updateConditionalAccessObject,
} from '../mutations/conditional-access-mutations.js';
import { restoreDeleted } from '../mutations/deleted-items.js';
import {
  addMember,
  createDirectoryObject,
  deleteDirectoryObject,
  removeMember,
  updateDirectoryObject,
} from '../mutations/directory-mutations.js';
import {
  createDomain,
  createFederation,
  deleteDomain,
  deleteFederation,
  updateDomain,
  updateFederation,
  verifyDomain,
} from '../mutations/domain-mutations.js';
import {
  assignAppRole,
  createGrant,
  removeAppRoleAssignment,
  removeGrant,
  updateGrant,
} from '../mutations/grant-mutations.js';
import {
  createAuthenticationStrength,
  createExternalMethod,
  createGroupSetting,
  deleteAuthenticationStrength,
  deleteExternalMethod,
  deleteGroupSetting,
  updateAuthenticationMethod,
  updateAuthenticationStrength,
  updateGroupSetting,
  updateSingleton,
} from '../mutations/policy-mutations.js';
import { revokeSignInSessions } from '../mutations/session-mutations.js';
import { textOf } from '../store/json.types.js';
import type { SingletonName } from '../store/tenant-state.js';
import { applicationWriteRoutes, ownerWriteRoutes } from './application-write-routes.js';
import { badRequest } from './graph-failure.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './graph-route.js';
import { selectMembers } from './query-options.js';
import { getByIds } from './read-routes.js';
import { presentPolicy } from './resource-shapes.js';
import { roleWriteRoutes } from './role-write-routes.js';
import { SETTINGS_WRITE_ROUTES } from './settings-routes.js';
import { created, done, id, param, referenced, route } from './write-answers.js';

const READ = ['Directory.Read.All'];
const GET_BY_IDS_LIMIT = 1000;

/** Everything that can be written. Without `permissions` a route takes a person's token (or the permission named by Graph). */
export const WRITE_ROUTES: GraphRoute[] = [
  ...conditionalAccess('/identity/conditionalAccess/policies', 'conditionalAccessPolicies'),
  ...conditionalAccess('/identity/conditionalAccess/namedLocations', 'namedLocations'),
  ...singleton(
    '/policies/authenticationMethodsPolicy',
    'authenticationMethodsPolicy',
    'Policy.ReadWrite.AuthenticationMethod',
  ),
  ...singleton('/policies/authorizationPolicy', 'authorizationPolicy', 'Policy.ReadWrite.Authorization'),
  ...singleton(
    '/policies/identitySecurityDefaultsEnforcementPolicy',
    'identitySecurityDefaultsEnforcementPolicy',
    'Policy.ReadWrite.ConditionalAccess',
  ),
  ...singleton(
    '/policies/adminConsentRequestPolicy',
    'adminConsentRequestPolicy',
    'Policy.ReadWrite.ConsentRequest',
    'PUT',
  ),
  route(
    'PATCH',
    '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}',
    'Policy.ReadWrite.AuthenticationMethod',
    (c) => done(updateAuthenticationMethod(c.state, c.actor, id(c), c.body)),
  ),
  route('POST', '/policies/authenticationStrengthPolicies', 'Policy.ReadWrite.AuthenticationMethod', (c) =>
    created(createAuthenticationStrength(c.state, c.actor, c.body)),
  ),
  route('PATCH', '/policies/authenticationStrengthPolicies/{id}', 'Policy.ReadWrite.AuthenticationMethod', (c) => {
    if ('allowedCombinations' in c.body)
      throw badRequest('Use the updateAllowedCombinations action to change the allowed combinations.');
    return done(updateAuthenticationStrength(c.state, c.actor, id(c), c.body));
  }),
  route(
    'POST',
    '/policies/authenticationStrengthPolicies/{id}/updateAllowedCombinations',
    'Policy.ReadWrite.AuthenticationMethod',
    (c) => {
      updateAuthenticationStrength(c.state, c.actor, id(c), {
        allowedCombinations: c.body['allowedCombinations'] ?? [],
      });
      return { status: 200, body: { conditionalAccessReferences: [] } };
    },
  ),
  route('DELETE', '/policies/authenticationStrengthPolicies/{id}', 'Policy.ReadWrite.AuthenticationMethod', (c) =>
    done(deleteAuthenticationStrength(c.state, c.actor, id(c))),
  ),
  route('POST', '/groupSettings', 'GroupSettings.ReadWrite.All', (c) =>
    created(createGroupSetting(c.state, c.actor, c.body)),
  ),
  route('DELETE', '/groupSettings/{id}', 'GroupSettings.ReadWrite.All', (c) =>
    done(deleteGroupSetting(c.state, c.actor, id(c))),
  ),
  route('PATCH', '/groupSettings/{id}', 'GroupSettings.ReadWrite.All', (c) =>
    done(updateGroupSetting(c.state, c.actor, id(c), c.body)),
  ),
  ...roleWriteRoutes(),
  ...SETTINGS_WRITE_ROUTES,
  ...singleton(
    '/policies/crossTenantAccessPolicy/default',
    'crossTenantAccessPolicyDefault',
    'Policy.ReadWrite.CrossTenantAccess',
  ),
  ...singleton(
    '/beta/policies/externalIdentitiesPolicy',
    'externalIdentitiesPolicy',
    'Policy.ReadWrite.ExternalIdentities',
  ),
  ...singleton(
    '/policies/defaultAppManagementPolicy',
    'defaultAppManagementPolicy',
    'Policy.ReadWrite.ApplicationConfiguration',
  ),
  ...singleton(
    '/policies/deviceRegistrationPolicy',
    'deviceRegistrationPolicy',
    'Policy.ReadWrite.DeviceConfiguration',
    'PUT',
  ),
  route('PATCH', '/organization/{id}', 'Organization.ReadWrite.All', (c) =>
    done(updateSingleton(c.state, c.actor, 'organization', c.body)),
  ),
  route(
    'POST',
    '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations',
    'Policy.ReadWrite.AuthenticationMethod',
    (c) => created(createExternalMethod(c.state, c.actor, c.body)),
  ),
  route(
    'DELETE',
    '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}',
    'Policy.ReadWrite.AuthenticationMethod',
    (c) => done(deleteExternalMethod(c.state, c.actor, id(c))),
  ),
  ...applicationWriteRoutes('applications'),
  ...applicationWriteRoutes('servicePrincipals'),
  route('POST', '/applications', 'Application.ReadWrite.All', (c) =>
    created(createApplication(c.state, c.actor, c.body)),
  ),
  route('POST', '/servicePrincipals', 'Application.ReadWrite.All', (c) =>
    created(createServicePrincipal(c.state, c.actor, textOf(c.body, 'appId'))),
  ),
  route('POST', '/applications/{id}/federatedIdentityCredentials', 'Application.ReadWrite.All', (c) =>
    created(addFederatedCredential(c.state, c.actor, id(c), c.body)),
  ),
  route('PATCH', '/applications/{id}/federatedIdentityCredentials/{key}', 'Application.ReadWrite.All', (c) =>
    done(updateFederatedCredential(c.state, c.actor, id(c), param(c, 'key'), c.body)),
  ),
  route('DELETE', '/applications/{id}/federatedIdentityCredentials/{key}', 'Application.ReadWrite.All', (c) =>
    done(removeFederatedCredential(c.state, c.actor, id(c), param(c, 'key'))),
  ),
  ...ownerWriteRoutes('groups', 'Group.ReadWrite.All'),
  ...ownerWriteRoutes('applications', 'Application.ReadWrite.All'),
  ...ownerWriteRoutes('servicePrincipals', 'Application.ReadWrite.All'),
  route('POST', '/groups/{id}/members/$ref', 'GroupMember.ReadWrite.All', (c) =>
    done(addMember(c.state, c.actor, id(c), referenced(c))),
  ),
  route('DELETE', '/groups/{id}/members/{other}/$ref', 'GroupMember.ReadWrite.All', (c) =>
    done(removeMember(c.state, c.actor, id(c), param(c, 'other'))),
  ),
  route('POST', '/servicePrincipals/{id}/appRoleAssignedTo', 'AppRoleAssignment.ReadWrite.All', (c) =>
    created(assignAppRole(c.state, c.actor, { ...c.body, resourceId: id(c) })),
  ),
  route('POST', '/servicePrincipals/{id}/appRoleAssignments', 'AppRoleAssignment.ReadWrite.All', (c) =>
    created(assignAppRole(c.state, c.actor, { ...c.body, principalId: id(c) })),
  ),
  ...['appRoleAssignedTo', 'appRoleAssignments'].map((list) =>
    route('DELETE', `/servicePrincipals/{id}/${list}/{other}`, 'AppRoleAssignment.ReadWrite.All', (c) =>
      done(removeAppRoleAssignment(c.state, c.actor, param(c, 'other'))),
    ),
  ),
  route('POST', '/oauth2PermissionGrants', 'DelegatedPermissionGrant.ReadWrite.All', (c) =>
    created(createGrant(c.state, c.actor, c.body)),
  ),
  route('PATCH', '/oauth2PermissionGrants/{id}', 'DelegatedPermissionGrant.ReadWrite.All', (c) =>
    done(updateGrant(c.state, c.actor, id(c), c.body)),
  ),
  route('DELETE', '/oauth2PermissionGrants/{id}', 'DelegatedPermissionGrant.ReadWrite.All', (c) =>
    done(removeGrant(c.state, c.actor, id(c))),
  ),
  ...domains(),
  route('POST', '/users/{id}/revokeSignInSessions', 'User.RevokeSessions.All', (c) => revokeSessions(c, id(c))),
  {
    method: 'POST',
    path: '/me/revokeSignInSessions',
    permissions: [],
    handle: (c) => revokeSessions(c, c.actor.type === 'user' ? c.actor.id : ''),
  },
  ...directory('users', 'User.ReadWrite.All'),
  // Each kind of object wants a permission of its own; whoever may write directories may restore all.
  route('POST', '/directory/deletedItems/{id}/restore', 'Directory.ReadWrite.All', (c) => ({
    status: 200,
    body: restoreDeleted(c.state, c.actor, id(c)),
  })),
  ...directory('groups', 'Group.ReadWrite.All'),
  {
    method: 'POST',
    path: '/directoryObjects/getByIds',
    permissions: READ,
    handle: (c) => {
      const ids = c.body['ids'];
      if (!Array.isArray(ids) || ids.length === 0) throw badRequest('Invalid request: ids must be a non-empty list.');
      if (ids.length > GET_BY_IDS_LIMIT)
        throw badRequest(`The number of ids exceeds the limit of ${GET_BY_IDS_LIMIT}.`);
      const select =
        c.query
          .get('$select')
          ?.split(',')
          .map((member) => member.trim()) ?? null;
      return {
        status: 200,
        body: {
          '@odata.context': `${c.baseUrl}/$metadata#directoryObjects`,
          value: getByIds(c).map((row) => selectMembers(row, select)),
        },
      };
    },
  },
];

function revokeSessions(c: GraphCall, user: string): GraphAnswer {
  revokeSignInSessions(c.state, c.actor, user);
  return { status: 200, body: { '@odata.context': `${c.baseUrl}/$metadata#Edm.Boolean`, value: true } };
}

function conditionalAccess(path: string, kind: 'conditionalAccessPolicies' | 'namedLocations'): GraphRoute[] {
  const limited = (method: GraphRoute['method'], at: string, handle: GraphRoute['handle']): GraphRoute => ({
    ...route(method, at, 'Policy.ReadWrite.ConditionalAccess', handle),
    throttle: 'conditionalAccess',
  });
  return [
    limited('POST', path, (c) =>
      created(presentPolicy(c.state, createConditionalAccessObject(c.state, c.actor, kind, c.body))),
    ),
    limited('PATCH', `${path}/{id}`, (c) => done(updateConditionalAccessObject(c.state, c.actor, kind, id(c), c.body))),
    limited('DELETE', `${path}/{id}`, (c) => done(deleteConditionalAccessObject(c.state, c.actor, kind, id(c)))),
  ];
}

function singleton(path: string, name: SingletonName, permission: string, further?: 'PUT'): GraphRoute[] {
  const handle = (c: GraphCall) => done(updateSingleton(c.state, c.actor, name, c.body));
  return (further ? (['PATCH', further] as const) : (['PATCH'] as const)).map((method) =>
    route(method, path, permission, handle),
  );
}

function domains(): GraphRoute[] {
  const write = (method: GraphRoute['method'], path: string, handle: GraphRoute['handle']) =>
    route(method, `/domains${path}`, 'Domain.ReadWrite.All', handle);
  return [
    write('POST', '', (c) => created(createDomain(c.state, c.actor, c.body))),
    write('PATCH', '/{id}', (c) => done(updateDomain(c.state, c.actor, id(c), c.body))),
    write('DELETE', '/{id}', (c) => done(deleteDomain(c.state, c.actor, id(c)))),
    write('POST', '/{id}/verify', (c) => ({ status: 200, body: verifyDomain(c.state, c.actor, id(c)) })),
    write('POST', '/{id}/federationConfiguration', (c) => created(createFederation(c.state, c.actor, id(c), c.body))),
    write('PATCH', '/{id}/federationConfiguration/{other}', (c) => ({
      status: 200,
      body: updateFederation(c.state, c.actor, id(c), param(c, 'other'), c.body),
    })),
    write('DELETE', '/{id}/federationConfiguration/{other}', (c) =>
      done(deleteFederation(c.state, c.actor, id(c), param(c, 'other'))),
    ),
  ];
}

function directory(kind: 'users' | 'groups', permission: string): GraphRoute[] {
  return [
    route('POST', `/${kind}`, permission, (c) => created(createDirectoryObject(c.state, c.actor, kind, c.body))),
    route('PATCH', `/${kind}/{id}`, permission, (c) =>
      done(updateDirectoryObject(c.state, c.actor, kind, id(c), c.body)),
    ),
    route('DELETE', `/${kind}/{id}`, permission, (c) => done(deleteDirectoryObject(c.state, c.actor, kind, id(c)))),
  ];
}
