import type { Json } from '../../crypto/canonical-json.js';
import { isObject, text } from '../normalise/json-members.js';
import { CROSS_TENANT_TARGETS } from './cross-tenant-access.js';
import { inCollection } from './remediation-parts.js';
import type { RemediedObject, RequestDraft } from './remediation-way.types.js';
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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > External Identities > Cross-tenant access settings > Organizational settings',
    permission: 'Policy.ReadWrite.CrossTenantAccess',
    address: inCollection('/policies/crossTenantAccessPolicy/partners'),
    update: { method: 'PATCH', whole: ['/*'] },
    create: { path: () => '/policies/crossTenantAccessPolicy/partners', keyMember: 'tenantId' },
    remove: () => true,
    readOnly: ['/isServiceProvider', '/isInMultiTenantOrganization'],
    parts: [
      {
        path: '/identitySynchronization',
        restore: ({ object }) => [synchronisation(object, object.graph['identitySynchronization'] ?? {})],
        afterCreation: (object) => [synchronisation(object, object.graph['identitySynchronization'] ?? {})],
      },
    ],
  },
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

/** How its people are synchronised is written whole, at an address of its own. */
function synchronisation({ address, key }: RemediedObject, settings: Json): RequestDraft {
  const { userSyncInbound, ...rest } = isObject(settings) ? settings : {};
  const inbound = isObject(userSyncInbound) ? userSyncInbound : {};
  return {
    method: 'PUT',
    path: `${address}/identitySynchronization`,
    body: { displayName: key, ...rest, userSyncInbound: { isSyncAllowed: false, ...inbound } },
  };
}
