import { text } from '../normalise/json-members.js';
import { CROSS_TENANT_TARGETS } from './cross-tenant-access.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: crossTenantAccessPolicyConfigurationPartner with its crossTenantIdentitySyncPolicyPartner. Keyed by the partner's tenant. */
export const crossTenantAccessPartner: ResourceTypeDefinition = {
  type: 'crossTenantAccessPartner',
  title: 'Cross-tenant access of a partner',
  permission: 'Policy.Read.All',
  collect: { kind: 'list', path: '/policies/crossTenantAccessPolicy/partners?$expand=identitySynchronization' },
  key: (raw) => text(raw, 'tenantId'),
  displayName: (raw) => text(raw, 'tenantId'),
  ignore: ['/tenantId', '/identitySynchronization/tenantId', '/identitySynchronization/displayName'],
  sets: [],
  keyedLists: CROSS_TENANT_TARGETS,
  defaults: [
    { path: '/isServiceProvider', value: false },
    { path: '/isInMultiTenantOrganization', value: false },
    { path: '/identitySynchronization/userSyncInbound/isSyncAllowed', value: false },
  ],
  delimitedSets: [],
  auditActivities: {
    added: ['add a partner to cross-tenant access setting'],
    modified: [
      'update a partner cross-tenant access setting',
      'create a partner cross-tenant identity sync setting',
      'update a partner cross-tenant identity sync setting',
      'delete a partner cross-tenant identity sync setting',
    ],
    removed: ['delete partner specific cross-tenant access setting'],
  },
};
