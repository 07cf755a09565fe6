import { text } from '../normalise/json-members.js';
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
  auditActivities: {
    added: ['create identity provider', 'create custom identity provider'],
    modified: ['update identity provider', 'update custom identity provider'],
    removed: ['delete identity provider'],
  },
};
