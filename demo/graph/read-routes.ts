import { isJsonObject, type JsonObject, textOf } from '../store/json.types.js';
import type { GraphCall, GraphRoute } from './graph-route.js';
import { listPage, oneObject } from './list-page.js';
import { directoryShape, linkedObjects, presentPolicy } from './resource-shapes.js';
import { ROLE_READ_ROUTES } from './role-read-routes.js';
import {
  children,
  collectionRoutes,
  deltaRoute,
  directoryRoutes,
  missing,
  owned,
  singletonRoutes,
} from './route-kinds.js';
import { SETTINGS_READ_ROUTES } from './settings-routes.js';

const DIRECTORY = 'Directory.Read.All';
const POLICY = ['Policy.Read.All'];
const APPLICATIONS = ['Application.Read.All', DIRECTORY];

/** Everything that can be read, with the application permissions of which one is enough (Graph permissions reference). */
export const READ_ROUTES: GraphRoute[] = [
  ...directoryRoutes('users', ['User.Read.All', DIRECTORY], 2),
  ...directoryRoutes('groups', ['Group.Read.All', 'GroupMember.Read.All', DIRECTORY], 1),
  ...directoryRoutes('applications', APPLICATIONS, 2),
  ...directoryRoutes('servicePrincipals', APPLICATIONS, 1),
  ...collectionRoutes(
    '/identity/conditionalAccess/policies',
    'conditionalAccessPolicies',
    'conditionalAccessPolicy',
    POLICY,
    {
      throttle: 'conditionalAccess',
      shape: (call) => ({ present: (row) => presentPolicy(call.state, row) }),
    },
  ),
  ...collectionRoutes('/identity/conditionalAccess/namedLocations', 'namedLocations', 'namedLocation', POLICY, {
    throttle: 'conditionalAccess',
  }),
  ...[
    '/policies/authenticationStrengthPolicies',
    '/identity/conditionalAccess/authenticationStrength/policies',
  ].flatMap((path) => collectionRoutes(path, 'authenticationStrengthPolicies', 'authenticationStrengthPolicy', POLICY)),
  ...collectionRoutes(
    '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations',
    'authenticationMethodConfigurations',
    'authenticationMethodConfiguration',
    POLICY,
  ),
  ...singletonRoutes('/policies/authenticationMethodsPolicy', 'authenticationMethodsPolicy', POLICY, (call) => ({
    authenticationMethodConfigurations: [...call.state.collections.authenticationMethodConfigurations.values()],
  })),
  ...singletonRoutes('/policies/authorizationPolicy', 'authorizationPolicy', POLICY),
  ...singletonRoutes(
    '/policies/identitySecurityDefaultsEnforcementPolicy',
    'identitySecurityDefaultsEnforcementPolicy',
    POLICY,
  ),
  ...singletonRoutes('/policies/adminConsentRequestPolicy', 'adminConsentRequestPolicy', POLICY),
  ...ROLE_READ_ROUTES,
  ...SETTINGS_READ_ROUTES,
  ...collectionRoutes(
    '/oauth2PermissionGrants',
    'oauth2PermissionGrants',
    'oAuth2PermissionGrant',
    ['DelegatedPermissionGrant.Read.All', DIRECTORY],
    { cost: 2 },
  ),
  deltaRoute('/oauth2PermissionGrants/delta', 'oauth2PermissionGrants', [DIRECTORY]),
  ...collectionRoutes('/domains', 'domains', 'domain', ['Domain.Read.All', DIRECTORY], {
    shape: (call) => ({
      present: (row, options) =>
        options.expand.includes('federationConfiguration')
          ? { ...row, federationConfiguration: call.state.federationConfigurations.get(textOf(row, 'id')) ?? [] }
          : row,
    }),
  }),
  ...['/groupSettings', '/settings'].flatMap((path) =>
    collectionRoutes(path, 'groupSettings', 'groupSetting', ['GroupSettings.Read.All', DIRECTORY]),
  ),
  children(
    '/domains/{id}/federationConfiguration',
    ['Domain.Read.All', DIRECTORY],
    'internalDomainFederation',
    (call, id) => owned(call, 'domains', id, call.state.federationConfigurations.get(id)),
  ),
  children('/applications/{id}/federatedIdentityCredentials', APPLICATIONS, 'federatedIdentityCredential', (call, id) =>
    owned(call, 'applications', id, call.state.federatedIdentityCredentials.get(id)),
  ),
  children(
    '/groups/{id}/members',
    ['GroupMember.Read.All', 'Group.Read.All', DIRECTORY],
    'directoryObject',
    (call, id) => linkedObjects(call.state, owned(call, 'groups', id, call.state.groupMembers.get(id))),
    3,
  ),
  children(
    '/groups/{id}/transitiveMembers',
    ['GroupMember.Read.All', 'Group.Read.All', DIRECTORY],
    'directoryObject',
    (call, id) => linkedObjects(call.state, transitiveMembers(call, id)),
    5,
  ),
  ...(['groups', 'applications', 'servicePrincipals'] as const).map((name) =>
    children(
      `/${name}/{id}/owners`,
      name === 'groups' ? ['Group.Read.All', 'GroupMember.Read.All', DIRECTORY] : APPLICATIONS,
      'directoryObject',
      (call, id) => linkedObjects(call.state, owned(call, name, id, call.state.owners.get(id))),
    ),
  ),
  children(
    '/servicePrincipals/{id}/appRoleAssignedTo',
    APPLICATIONS,
    'appRoleAssignment',
    (call, id) =>
      owned(call, 'servicePrincipals', id, call.state.collections.appRoleAssignments.where('resourceId', id)),
    2,
  ),
  children(
    '/servicePrincipals/{id}/appRoleAssignments',
    APPLICATIONS,
    'appRoleAssignment',
    (call, id) =>
      owned(call, 'servicePrincipals', id, call.state.collections.appRoleAssignments.where('principalId', id)),
    2,
  ),
  children(
    '/servicePrincipals/{id}/oauth2PermissionGrants',
    ['DelegatedPermissionGrant.Read.All', DIRECTORY],
    'oAuth2PermissionGrant',
    (call, id) =>
      owned(call, 'servicePrincipals', id, call.state.collections.oauth2PermissionGrants.where('clientId', id)),
    2,
  ),
  {
    method: 'GET',
    path: '/organization',
    permissions: ['Organization.Read.All', DIRECTORY],
    handle: (call) => listPage(call, [call.state.singletons.organization], { type: 'organization' }),
  },
  {
    method: 'GET',
    path: '/organization/{id}',
    permissions: ['Organization.Read.All', DIRECTORY],
    handle: (call) => oneObject(call, call.state.singletons.organization, { type: 'organization' }),
  },
  {
    method: 'GET',
    path: '/directoryObjects/{id}',
    permissions: [DIRECTORY],
    handle: (call) =>
      oneObject(call, linkedObjects(call.state, [call.params['id'] ?? ''])[0] ?? missing(call), {
        type: 'directoryObject',
      }),
  },
  {
    method: 'GET',
    path: '/auditLogs/directoryAudits',
    permissions: ['AuditLog.Read.All'],
    throttle: 'reports',
    handle: (call) =>
      listPage(call, call.state.audit.visible(), { type: 'directoryAudit', defaultPage: 1000, maxTop: 1000 }),
  },
  {
    method: 'GET',
    path: '/auditLogs/directoryAudits/{id}',
    permissions: ['AuditLog.Read.All'],
    throttle: 'reports',
    handle: (call) =>
      oneObject(call, call.state.audit.visible().find((event) => event['id'] === call.params['id']) ?? missing(call), {
        type: 'directoryAudit',
      }),
  },
  {
    method: 'GET',
    path: '/me',
    permissions: [],
    handle: (call) =>
      oneObject(
        call,
        (call.actor.type === 'user' ? call.state.collections.users.get(call.actor.id) : undefined) ?? missing(call),
        directoryShape(call.state, 'users'),
      ),
  },
];

/** Members of the group and of the groups in it, each once. */
function transitiveMembers(call: GraphCall, id: string): string[] {
  const found = new Set(owned(call, 'groups', id, call.state.groupMembers.get(id)));
  // A set that grows while it is walked is walked to its end.
  for (const member of found) for (const inner of call.state.groupMembers.get(member) ?? []) found.add(inner);
  return [...found];
}

/** POST /directoryObjects/getByIds: the objects that exist, in the order asked for. */
export function getByIds(call: GraphCall): JsonObject[] {
  const ids = call.body['ids'];
  const types = call.body['types'];
  const wanted = Array.isArray(types) ? new Set(types) : null;
  const rows = linkedObjects(call.state, Array.isArray(ids) ? [...new Set(ids.map(String))] : []);
  return rows.filter(
    (row) => isJsonObject(row) && (!wanted || wanted.has(textOf(row, '@odata.type').replace('#microsoft.graph.', ''))),
  );
}
