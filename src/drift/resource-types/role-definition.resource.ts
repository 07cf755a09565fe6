import type { Json } from '../../crypto/canonical-json.js';
import { isObject, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: unifiedRoleDefinition of the directory, built in and custom. */
export const roleDefinition: ResourceTypeDefinition = {
  type: 'roleDefinition',
  title: 'Role definition',
  permission: 'RoleManagement.Read.Directory',
  collect: { kind: 'list', path: '/roleManagement/directory/roleDefinitions' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/version', '/inheritsPermissionsFrom'],
  sets: ['/rolePermissions/*/allowedResourceActions', '/rolePermissions/*/excludedResourceActions', '/resourceScopes'],
  // Permissions are told apart by their condition; nearly every role has one entry without any.
  keyedLists: [{ path: '/rolePermissions', by: 'condition' }],
  defaults: [],
  delimitedSets: [],
  reshape: (raw) => ({ ...raw, rolePermissions: namedPermissions(raw) }),
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Roles & admins',
    permission: 'RoleManagement.ReadWrite.Directory',
    address: inCollection('/roleManagement/directory/roleDefinitions'),
    update: { method: 'PATCH', whole: ['/rolePermissions'] },
    create: { path: () => '/roleManagement/directory/roleDefinitions' },
    remove: ({ value }) => value['isBuiltIn'] !== true || "Microsoft's own roles stay.",
    readOnly: ['/isBuiltIn', '/isPrivileged'],
    masteredElsewhere: (value) =>
      value['isBuiltIn'] === true ? 'Microsoft writes its own roles; nobody else can.' : null,
    toGraph: (graph) => ({ ...graph, rolePermissions: withoutNamedConditions(graph['rolePermissions']) }),
    referredBy: ['roleAssignment', 'roleEligibility'],
  },
  auditActivities: {
    added: ['add role definition'],
    modified: ['update role definition'],
    removed: ['delete role definition'],
  },
};

function namedPermissions(raw: Parameters<ResourceTypeDefinition['key']>[0]) {
  const permissions = Object.hasOwn(raw, 'rolePermissions') ? (raw.rolePermissions ?? null) : null;
  if (!Array.isArray(permissions)) return permissions;
  return permissions.map((permission) =>
    typeof permission === 'object' && permission !== null && !Array.isArray(permission)
      ? { ...permission, condition: text(permission, 'condition') ?? 'always' }
      : permission,
  );
}

function withoutNamedConditions(permissions: Json | undefined): Json {
  if (!Array.isArray(permissions)) return [];
  return permissions.map((permission) => {
    if (!isObject(permission) || permission['condition'] !== 'always') return permission;
    const { condition: _always, ...rest } = permission;
    return rest;
  });
}
