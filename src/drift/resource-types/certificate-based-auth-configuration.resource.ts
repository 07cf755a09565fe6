import { segment } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: certificateBasedAuthConfiguration, the authorities whose certificates people may sign in with. One per tenant, written anew whole. */
export const certificateBasedAuthConfiguration: ResourceTypeDefinition = {
  type: 'certificateBasedAuthConfiguration',
  title: 'Certificate authorities for sign-in',
  permission: 'Organization.Read.All',
  collect: {
    kind: 'ofOrganization',
    path: (tenantId) => `/organization/${encodeURIComponent(tenantId)}/certificateBasedAuthConfiguration`,
  },
  key: () => 'certificateBasedAuthConfiguration',
  displayName: () => 'Certificate authorities for sign-in',
  ignore: ['/id'],
  sets: [],
  keyedLists: [{ path: '/certificateAuthorities', by: 'issuerSki' }],
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Identity Secure Score > Certificate authorities',
    permission: 'Organization.ReadWrite.All',
    address: (id, { entraTenantId }) => `${configurationsOf(entraTenantId)}/${id}`,
    lookup: ({ entraTenantId }) => ({ path: configurationsOf(entraTenantId), where: {}, member: 'id' }),
    update: { method: 'PATCH', replaces: true },
    create: { path: ({ entraTenantId }) => configurationsOf(entraTenantId) },
    remove: () => true,
  },
  auditActivities: {
    added: ['add certificationbasedauthconfiguration', 'set company information'],
    modified: [
      'add certificationbasedauthconfiguration',
      'delete certificationbasedauthconfiguration',
      'set company information',
    ],
    removed: ['delete certificationbasedauthconfiguration', 'set company information'],
  },
};

function configurationsOf(entraTenantId: string): string {
  return `/organization/${segment(entraTenantId)}/certificateBasedAuthConfiguration`;
}
