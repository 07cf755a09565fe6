import { definitionPolicy } from './definition-policy.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: activityBasedTimeoutPolicy. After how long without activity a web session ends. */
export const activityBasedTimeoutPolicy: ResourceTypeDefinition = definitionPolicy(
  'activityBasedTimeoutPolicy',
  'Activity-based timeout policy',
  '/policies/activityBasedTimeoutPolicies',
);
