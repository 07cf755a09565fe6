import { text } from '../normalise/json-members.js';
import { restrictionsUnder } from './app-management.js';
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
