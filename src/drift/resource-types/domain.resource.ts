import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: domain with, where it is federated, its internalDomainFederation. */
export const domain: ResourceTypeDefinition = {
  type: 'domain',
  title: 'Domain',
  permission: 'Domain.Read.All',
  collect: {
    kind: 'list',
    path: '/domains',
    children: [
      {
        into: 'federationConfiguration',
        path: (key) => `/domains/${encodeURIComponent(key)}/federationConfiguration`,
        when: (raw) => text(raw, 'authenticationType')?.toLowerCase() === 'federated',
        pick: [
          'id',
          'displayName',
          'issuerUri',
          'metadataExchangeUri',
          'signingCertificate',
          'nextSigningCertificate',
          'passiveSignInUri',
          'activeSignInUri',
          'signOutUri',
          'preferredAuthenticationProtocol',
          'promptLoginBehavior',
          'isSignedAuthenticationRequestRequired',
          'federatedIdpMfaBehavior',
        ],
      },
    ],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'id'),
  ignore: [
    '/id',
    '/availabilityStatus',
    '/state',
    '/rootDomain',
    '/federationConfiguration/*/signingCertificateUpdateStatus',
  ],
  sets: ['/supportedServices'],
  keyedLists: [{ path: '/federationConfiguration', by: 'id' }],
  defaults: [
    // int32's largest value is how Graph says "never expires", which it also says by leaving the property out.
    { path: '/passwordValidityPeriodInDays', value: 2147483647 },
  ],
  delimitedSets: [],
  spellings: [{ path: '/authenticationType', values: ['Managed', 'Federated'] }],
  auditActivities: {
    added: ['add unverified domain', 'add verified domain'],
    modified: ['set domain authentication', 'set federation settings on domain', 'verify domain', 'update domain'],
    removed: ['remove unverified domain', 'remove verified domain'],
  },
};
