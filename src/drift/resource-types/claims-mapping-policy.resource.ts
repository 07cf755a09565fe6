import { definitionPolicy } from './definition-policy.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: claimsMappingPolicy. Which claims the tokens of an application carry, and from where. */
export const claimsMappingPolicy: ResourceTypeDefinition = definitionPolicy(
  'claimsMappingPolicy',
  'Claims mapping policy',
  '/policies/claimsMappingPolicies',
);
