import { definitionPolicy } from './definition-policy.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: homeRealmDiscoveryPolicy. Where people are sent to sign in, and whether another name does. */
export const homeRealmDiscoveryPolicy: ResourceTypeDefinition = definitionPolicy(
  'homeRealmDiscoveryPolicy',
  'Home realm discovery policy',
  '/policies/homeRealmDiscoveryPolicies',
);
