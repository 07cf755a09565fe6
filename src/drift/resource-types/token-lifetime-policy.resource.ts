import { definitionPolicy } from './definition-policy.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: tokenLifetimePolicy. How long access, SAML and id tokens last. */
export const tokenLifetimePolicy: ResourceTypeDefinition = definitionPolicy(
  'tokenLifetimePolicy',
  'Token lifetime policy',
  '/policies/tokenLifetimePolicies',
);
