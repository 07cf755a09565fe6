import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, text } from '../normalise/json-members.js';
import { CREDENTIAL_NOISE, ownersOf } from './credential-holder.js';
import {
  CERTIFICATES,
  disabledBeforeRemoval,
  inCollection,
  PASSWORDS,
  references,
  segment,
} from './remediation-parts.js';
import type { PartWay } from './remediation-way.types.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** A trust in somebody else's tokens is an object of its own, named by what people called it. */
const FEDERATED_CREDENTIALS: PartWay = {
  path: '/federatedIdentityCredentials',
  restore: ({ object, tokens, before, after }) => {
    const at = (name: string) => `${object.address}/federatedIdentityCredentials/${segment(name)}`;
    const name = tokens[1] ?? '';
    if (tokens.length === 2 && before === null) return [{ method: 'DELETE', path: at(text(after, 'name') ?? name) }];
    const wanted = objectsIn(object.graph['federatedIdentityCredentials']).find((one) => text(one, 'name') === name);
    if (wanted === undefined) return { byHand: 'The credential has no name of its own.' };
    const { id: _madeAnew, name: named, ...rest } = wanted;
    const path = `${object.address}/federatedIdentityCredentials`;
    if (tokens.length === 2) return [{ method: 'POST', path, body: { name: named ?? name, ...rest } }];
    return [{ method: 'PATCH', path: at(name), body: rest }];
  },
};

function objectsIn(list: Json | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

const SELECT =
  'id,appId,displayName,description,signInAudience,identifierUris,isFallbackPublicClient,web,spa,publicClient,api,appRoles,requiredResourceAccess,keyCredentials,passwordCredentials,tags,disabledByMicrosoftStatus,servicePrincipalLockConfiguration,parentalControlSettings';

/** Graph: application. */
export const application: ResourceTypeDefinition = {
  type: 'application',
  title: 'Application',
  permission: 'Application.Read.All',
  collect: {
    kind: 'list',
    path: `/applications?$select=${SELECT}&$top=999`,
    delta: `/applications/delta?$select=${SELECT}`,
    children: [
      ownersOf('applications'),
      {
        into: 'federatedIdentityCredentials',
        path: (key) => `/applications/${encodeURIComponent(key)}/federatedIdentityCredentials`,
        shownIn: '/applications?$select=id&$expand=federatedIdentityCredentials&$top=999',
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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > App registrations',
    permission: 'Application.ReadWrite.All',
    address: inCollection('/applications'),
    restorable: true,
    remove: () => true,
    readOnly: ['/appId', '/disabledByMicrosoftStatus'],
    parts: [
      references('owners', 'Application.ReadWrite.All'),
      PASSWORDS,
      CERTIFICATES,
      FEDERATED_CREDENTIALS,
      disabledBeforeRemoval('/appRoles'),
      disabledBeforeRemoval('/api/oauth2PermissionScopes'),
      {
        path: '/web/redirectUriSettings',
        restore: () => ({ follows: 'It is a copy of the redirect addresses, and follows them.' }),
      },
    ],
  },
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
