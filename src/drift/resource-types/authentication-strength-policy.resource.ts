import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: authenticationStrengthPolicy, the built-in ones included. */
export const authenticationStrengthPolicy: ResourceTypeDefinition = {
  type: 'authenticationStrengthPolicy',
  title: 'Authentication strength',
  permission: 'Policy.Read.All',
  collect: { kind: 'list', path: '/policies/authenticationStrengthPolicies' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  modifiedAtProperty: 'modifiedDateTime',
  ignore: ['/id', '/createdDateTime', '/modifiedDateTime'],
  sets: [
    '/allowedCombinations',
    '/combinationConfigurations/*/allowedAAGUIDs',
    '/combinationConfigurations/*/appliesToCombinations',
  ],
  keyedLists: [{ path: '/combinationConfigurations', by: 'id' }],
  defaults: [],
  delimitedSets: [],
  auditActivities: {
    added: ['create authentication strength policy', 'add authentication strength policy'],
    modified: ['update authentication strength policy', 'update authentication strength policy allowed combinations'],
    removed: ['delete authentication strength policy'],
  },
};
