import { text } from '../normalise/json-members.js';
import { CREDENTIAL_NOISE, ownersOf } from './credential-holder.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: application. */
export const application: ResourceTypeDefinition = {
  type: 'application',
  title: 'Application',
  permission: 'Application.Read.All',
  collect: {
    kind: 'list',
    path: '/applications?$select=id,appId,displayName,description,signInAudience,identifierUris,isFallbackPublicClient,web,spa,publicClient,api,appRoles,requiredResourceAccess,keyCredentials,passwordCredentials,tags,disabledByMicrosoftStatus,servicePrincipalLockConfiguration,parentalControlSettings&$top=999',
    children: [
      ownersOf('applications'),
      {
        into: 'federatedIdentityCredentials',
        path: (key) => `/applications/${encodeURIComponent(key)}/federatedIdentityCredentials`,
        pick: ['id', 'name', 'issuer', 'subject', 'audiences', 'description', 'claimsMatchingExpression'],
      },
    ],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/createdDateTime', '/publisherDomain', '/verifiedPublisher', '/info', ...CREDENTIAL_NOISE],
  sets: [
    '/identifierUris',
    '/web/redirectUris',
    '/spa/redirectUris',
    '/publicClient/redirectUris',
    '/federatedIdentityCredentials/*/audiences',
    '/appRoles/*/allowedMemberTypes',
    '/api/preAuthorizedApplications/*/delegatedPermissionIds',
    '/api/knownClientApplications',
    '/tags',
  ],
  keyedLists: [
    { path: '/keyCredentials', by: 'keyId' },
    { path: '/passwordCredentials', by: 'keyId' },
    { path: '/federatedIdentityCredentials', by: 'name' },
    { path: '/owners', by: 'id' },
    { path: '/requiredResourceAccess', by: 'resourceAppId' },
    { path: '/requiredResourceAccess/*/resourceAccess', by: ['id', 'type'] },
    { path: '/appRoles', by: 'id' },
    { path: '/api/oauth2PermissionScopes', by: 'id' },
    { path: '/api/preAuthorizedApplications', by: 'appId' },
    // The same addresses as redirectUris with an index of no meaning.
    { path: '/web/redirectUriSettings', by: 'uri' },
  ],
  defaults: [{ path: '/isFallbackPublicClient', value: false }],
  delimitedSets: [],
  flapping: true,
  auditActivities: {
    added: ['add application'],
    modified: [
      'update application',
      'update application - certificates and secrets management',
      'add owner to application',
      'remove owner from application',
    ],
    removed: ['delete application', 'hard delete application'],
  },
};
