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
