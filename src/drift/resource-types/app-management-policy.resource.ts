import { text } from '../normalise/json-members.js';
import { restrictionsUnder } from './app-management.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: appManagementPolicy: what holds for the programs that it is applied to instead of the tenant's default. */
export const appManagementPolicy: ResourceTypeDefinition = {
  type: 'appManagementPolicy',
  title: 'App management policy',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'list',
    path: '/policies/appManagementPolicies',
    children: [
      {
        into: 'appliesTo',
        path: (key) => `/policies/appManagementPolicies/${encodeURIComponent(key)}/appliesTo`,
        pick: ['id'],
      },
    ],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/deletedDateTime'],
  ...keyed(),
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > Application policies',
    permission: 'Policy.ReadWrite.ApplicationConfiguration',
    address: inCollection('/policies/appManagementPolicies'),
    update: { method: 'PATCH', whole: ['/restrictions'] },
    create: { path: () => '/policies/appManagementPolicies' },
    remove: () => true,
    parts: [
      {
        path: '/appliesTo',
        restore: () => ({
          byHand:
            'It is attached at each application or service principal, under its appManagementPolicies, and taken away there.',
        }),
      },
    ],
    losses: ['The applications and service principals that it was attached to have to be attached to it again.'],
  },
  auditActivities: {
    added: ['add policy', 'add app management policy'],
    modified: [
      'update policy',
      'update app management policy',
      'add policy to application',
      'add policy to service principal',
    ],
    removed: ['delete policy', 'delete app management policy'],
  },
};

function keyed(): ReturnType<typeof restrictionsUnder> {
  const restrictions = restrictionsUnder(['restrictions']);
  return { ...restrictions, keyedLists: [...restrictions.keyedLists, { path: '/appliesTo', by: 'id' }] };
}
