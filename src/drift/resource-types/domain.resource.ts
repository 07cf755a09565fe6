import { isObject, member, text } from '../normalise/json-members.js';
import { inCollection, segment } from './remediation-parts.js';
import type { PartWay } from './remediation-way.types.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

const FEDERATION: PartWay = {
  path: '/federationConfiguration',
  restore: ({ object, tokens, before, after }) => {
    const path = `${object.address}/federationConfiguration`;
    const id = text(before ?? after, 'id') ?? tokens[1] ?? '';
    const isWhole = tokens.length === 2;
    if (isWhole && before === null) {
      // Graph drops the settings of a domain that is managed again.
      if (text(object.value, 'authenticationType') === 'Managed')
        return { follows: 'Its federation settings go with the change back to managed.' };
      return [{ method: 'DELETE', path: `${path}/${segment(id)}` }];
    }
    const wanted = member(member(object.value, 'federationConfiguration'), tokens[1] ?? '');
    const { id: _madeAnew, ...body } = isObject(wanted) ? wanted : {};
    if (isWhole) return [{ method: 'POST', path, body: { '@odata.type': FEDERATION_CLASS, ...body } }];
    const name = tokens[2] ?? '';
    const value = body[name] ?? null;
    return [{ method: 'PATCH', path: `${path}/${segment(tokens[1] ?? '')}`, body: { [name]: value } }];
  },
};
const FEDERATION_CLASS = '#microsoft.graph.internalDomainFederation';

/** A domain is federated by what it is federated with, so only the way back is a member to write. */
const AUTHENTICATION_TYPE: PartWay = {
  path: '/authenticationType',
  restore: ({ object, before }) =>
    before === 'Managed'
      ? [{ method: 'PATCH', path: object.address, body: { authenticationType: 'Managed' } }]
      : { follows: 'It is federated by the request that makes its federation settings again.' },
};

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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Domain names',
    permission: 'Domain.ReadWrite.All',
    address: inCollection('/domains'),
    create: { path: () => '/domains', keyMember: 'id', members: [] },
    remove: () => true,
    readOnly: ['/isAdminManaged', '/isInitial', '/isRoot', '/isVerified', '/authenticationType', '/model'],
    parts: [FEDERATION, AUTHENTICATION_TYPE],
    losses: ['It has to be verified again by a record in its DNS, and only then its settings can be made.'],
  },
  auditActivities: {
    added: ['add unverified domain', 'add verified domain'],
    modified: ['set domain authentication', 'set federation settings on domain', 'verify domain', 'update domain'],
    removed: ['remove unverified domain', 'remove verified domain'],
  },
};
