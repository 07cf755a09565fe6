import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph (beta only): externalIdentitiesPolicy, what people from elsewhere may do with their own membership. */
export const externalIdentitiesPolicy: ResourceTypeDefinition = {
  type: 'externalIdentitiesPolicy',
  title: 'External identities policy',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'singleton',
    path: '/beta/policies/externalIdentitiesPolicy',
    requires: ['allowExternalIdentitiesToLeave'],
  },
  key: () => 'externalIdentitiesPolicy',
  displayName: () => 'External identities policy',
  ignore: ['/id', '/displayName', '/deletedDateTime'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > External Identities > External collaboration settings',
    permission: 'Policy.ReadWrite.ExternalIdentities',
    address: () => '/beta/policies/externalIdentitiesPolicy',
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
  },
  auditActivities: {
    added: ['update policy', 'update external identities policy'],
    modified: ['update policy', 'update external identities policy'],
    removed: ['update policy', 'update external identities policy'],
  },
};
