import type { TenantCollection } from '../../collect/collect.types.js';
import type { ResourceType } from '../../resource-types/resource-type.types.js';

/** The types that facts look into beyond the object that changed. */
export const FACT_TYPES: readonly ResourceType[] = [
  'conditionalAccessPolicy',
  'authenticationStrengthPolicy',
  'roleAssignment',
  'roleEligibility',
  'servicePrincipal',
  'appRoleAssignment',
  'group',
  'user',
  'accessRole',
];

/** Whether a fact that doesn't hold may only look so, because what it asks for wasn't read. */
export function lacksFacts(collection: TenantCollection): boolean {
  return FACT_TYPES.some((type) => collection.get(type)?.status !== 'complete');
}
