import { text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Authentication methods > Authentication strengths',
    permission: 'Policy.ReadWrite.AuthenticationMethod',
    address: inCollection('/policies/authenticationStrengthPolicies'),
    create: { path: () => '/policies/authenticationStrengthPolicies' },
    remove: ({ value }) => text(value, 'policyType') !== 'builtIn' || "Microsoft's own strengths stay.",
    readOnly: ['/policyType', '/requirementsSatisfied'],
    parts: [
      {
        path: '/allowedCombinations',
        restore: ({ object }) => [
          {
            method: 'POST',
            path: `${object.address}/updateAllowedCombinations`,
            body: { allowedCombinations: object.graph['allowedCombinations'] ?? [] },
          },
        ],
      },
      {
        path: '/combinationConfigurations',
        restore: () => ({ byHand: 'What a combination allows in detail is set in the strength itself.' }),
      },
    ],
    referredBy: ['conditionalAccessPolicy'],
  },
  auditActivities: {
    added: ['create authentication strength policy', 'add authentication strength policy'],
    modified: ['update authentication strength policy', 'update authentication strength policy allowed combinations'],
    removed: ['delete authentication strength policy'],
  },
};
