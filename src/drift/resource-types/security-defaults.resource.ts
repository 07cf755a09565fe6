import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: identitySecurityDefaultsEnforcementPolicy. */
export const securityDefaults: ResourceTypeDefinition = {
  type: 'securityDefaults',
  title: 'Security defaults',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'singleton',
    path: '/policies/identitySecurityDefaultsEnforcementPolicy',
    requires: ['id', 'isEnabled'],
  },
  key: () => 'securityDefaults',
  displayName: () => 'Security defaults',
  ignore: ['/id', '/displayName', '/description'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Overview > Properties > Manage security defaults',
    permission: 'Policy.ReadWrite.SecurityDefaults',
    address: () => '/policies/identitySecurityDefaultsEnforcementPolicy',
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
  },
  auditActivities: {
    added: ['update policy', 'update security defaults'],
    modified: ['update policy', 'update security defaults'],
    removed: ['update policy', 'update security defaults'],
  },
};
