import { definitionPolicy } from './definition-policy.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: tokenIssuancePolicy. How SAML tokens are signed, and which version they have. */
export const tokenIssuancePolicy: ResourceTypeDefinition = definitionPolicy(
  'tokenIssuancePolicy',
  'Token issuance policy',
  '/policies/tokenIssuancePolicies',
);
