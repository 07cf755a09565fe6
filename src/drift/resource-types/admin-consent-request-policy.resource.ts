import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: adminConsentRequestPolicy. */
export const adminConsentRequestPolicy: ResourceTypeDefinition = {
  type: 'adminConsentRequestPolicy',
  title: 'Admin consent request policy',
  permission: 'Policy.Read.All',
  collect: { kind: 'singleton', path: '/policies/adminConsentRequestPolicy', requires: ['isEnabled'] },
  key: () => 'adminConsentRequestPolicy',
  displayName: () => 'Admin consent request policy',
  ignore: ['/id', '/version'],
  sets: [],
  keyedLists: [{ path: '/reviewers', by: 'query' }],
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > Consent and permissions > Admin consent settings',
    permission: 'Policy.ReadWrite.ConsentRequest',
    address: () => '/policies/adminConsentRequestPolicy',
    // Graph replaces it whole.
    update: { method: 'PUT', whole: [''] },
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
    toGraph: (graph) => ({ reviewers: [], ...graph }),
  },
  auditActivities: {
    added: ['update admin consent request policy'],
    modified: ['update admin consent request policy', 'update policy'],
    removed: ['update admin consent request policy'],
  },
};
