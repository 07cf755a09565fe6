import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: identityProviderBase (built-in, social, OpenID Connect, SAML), with whom guests may sign in. */
export const identityProvider: ResourceTypeDefinition = {
  type: 'identityProvider',
  title: 'Identity provider',
  permission: 'IdentityProvider.Read.All',
  collect: { kind: 'list', path: '/identity/identityProviders' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName') ?? text(raw, 'id'),
  ignore: ['/id', '/clientSecret', '/certificateData'],
  sets: ['/domains'],
  keyedLists: [],
  defaults: [],
  delimitedSets: [{ path: '/scope', separator: ' ' }],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > External Identities > All identity providers',
    permission: 'IdentityProvider.ReadWrite.All',
    address: inCollection('/identity/identityProviders'),
    remove: () => true,
    createdByHand: 'It needs the client secret or the certificate of the provider, which are in no snapshot.',
    readOnly: ['/identityProviderType'],
    toGraph: (graph) => ({ '@odata.type': `#microsoft.graph.${classOfProvider(graph)}`, ...graph }),
  },
  auditActivities: {
    added: ['create identity provider', 'create custom identity provider'],
    modified: ['update identity provider', 'update custom identity provider'],
    removed: ['delete identity provider'],
  },
};

function classOfProvider(provider: JsonObject): string {
  if (text(provider, 'issuerUri') !== null) return 'samlOrWsFedExternalDomainFederation';
  if (text(provider, 'issuer') !== null) return 'oidcIdentityProvider';
  return text(provider, 'clientId') === null ? 'builtInIdentityProvider' : 'socialIdentityProvider';
}
