import type { ResourceTypeDefinition } from './resource-type.types.js';

/** What the default of cross-tenant access and the settings for one partner have in common: whom and what each direction names. */
export const CROSS_TENANT_TARGETS: ResourceTypeDefinition['keyedLists'] = [
  { path: '/*/usersAndGroups/targets', by: 'target' },
  { path: '/*/applications/targets', by: 'target' },
];
