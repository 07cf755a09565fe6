import { text } from '../normalise/json-members.js';
import { segment } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { tupleKey } from './tuple-key.js';
import { graphAppRoleName, SENSITIVE_RESOURCE_APP_IDS } from './well-known.js';

/** Graph: appRoleAssignment on the sensitive resources: which program holds which application permission. */
export const appRoleAssignment: ResourceTypeDefinition = {
  type: 'appRoleAssignment',
  title: 'Application permission',
  permission: 'Application.Read.All',
  collect: {
    kind: 'appRolesOfSensitiveResources',
    path: (servicePrincipalId) =>
      `/servicePrincipals/${encodeURIComponent(servicePrincipalId)}/appRoleAssignedTo?$top=999`,
    resourceAppIds: SENSITIVE_RESOURCE_APP_IDS,
    parentOf: (key) => key.split('|')[1] ?? null,
  },
  key: (raw) => tupleKey(raw, ['principalId', 'resourceId', 'appRoleId']),
  displayName: (raw) => {
    const role = text(raw, 'appRoleId');
    if (role === null) return null;
    return `${graphAppRoleName(role) ?? role} to ${text(raw, 'principalDisplayName') ?? text(raw, 'principalId') ?? ''}`;
  },
  ignore: [
    '/id',
    '/createdDateTime',
    '/creationTimestamp',
    '/deletedDateTime',
    '/principalDisplayName',
    '/resourceDisplayName',
  ],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  flapping: true,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > (application) > Permissions',
    permission: 'AppRoleAssignment.ReadWrite.All',
    address: (id, { key }) => `/servicePrincipals/${segment(partsOf(key).resource)}/appRoleAssignedTo/${id}`,
    lookup: ({ key }) => {
      const { principal, resource, role } = partsOf(key);
      return {
        path: `/servicePrincipals/${segment(resource)}/appRoleAssignedTo?$top=999`,
        where: { '/principalId': principal, '/appRoleId': role },
        member: 'id',
      };
    },
    update: null,
    create: {
      path: ({ key }) => `/servicePrincipals/${segment(partsOf(key).resource)}/appRoleAssignedTo`,
      members: ['principalId', 'resourceId', 'appRoleId'],
    },
    remove: () => true,
  },
  auditActivities: {
    added: ['add app role assignment to service principal', 'consent to application'],
    modified: [],
    removed: ['remove app role assignment from service principal'],
  },
};

function partsOf(key: string): { principal: string; resource: string; role: string } {
  const [principal = '', resource = '', role = ''] = key.split('|');
  return { principal, resource, role };
}
