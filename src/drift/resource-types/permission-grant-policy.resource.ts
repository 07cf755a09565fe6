import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

const CONDITION_LISTS = [
  'permissions',
  'clientApplicationIds',
  'clientApplicationTenantIds',
  'clientApplicationPublisherIds',
];

/**
 * Graph: permissionGrantPolicy, Microsoft's own included: when consent may be given. A condition set's id is made anew whenever
 * the policy is written, so that sets are told apart by what they say.
 */
export const permissionGrantPolicy: ResourceTypeDefinition = {
  type: 'permissionGrantPolicy',
  title: 'Permission grant policy',
  permission: 'Policy.Read.PermissionGrant',
  // Graph expands includes and excludes by itself.
  collect: { kind: 'list', path: '/policies/permissionGrantPolicies' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/deletedDateTime', '/includes/*/id', '/excludes/*/id'],
  sets: ['includes', 'excludes'].flatMap((list) => [
    `/${list}`,
    ...CONDITION_LISTS.map((name) => `/${list}/*/${name}`),
  ]),
  keyedLists: [],
  defaults: ['includes', 'excludes'].flatMap((list) => [
    { path: `/${list}/*/clientApplicationsFromVerifiedPublisherOnly`, value: false },
    { path: `/${list}/*/certifiedClientApplicationsOnly`, value: false },
  ]),
  delimitedSets: [],
  auditActivities: {
    added: ['add permission grant policy'],
    modified: ['update permission grant policy'],
    removed: ['delete permission grant policy'],
  },
};
