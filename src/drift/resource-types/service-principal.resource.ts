import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';
import { CREDENTIAL_NOISE, ownersOf } from './credential-holder.js';
import { CERTIFICATES, inCollection, PASSWORDS, references } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

const SELECT =
  'id,appId,displayName,accountEnabled,appOwnerOrganizationId,appRoleAssignmentRequired,servicePrincipalType,servicePrincipalNames,replyUrls,tags,keyCredentials,passwordCredentials,preferredSingleSignOnMode,preferredTokenSigningKeyThumbprint,samlSingleSignOnSettings,loginUrl,logoutUrl,notificationEmailAddresses';

/** Graph: servicePrincipal: what an application may do in this tenant, Microsoft's own included. */
export const servicePrincipal: ResourceTypeDefinition = {
  type: 'servicePrincipal',
  title: 'Service principal',
  permission: 'Application.Read.All',
  collect: {
    kind: 'list',
    path: `/servicePrincipals?$select=${SELECT}&$top=999`,
    delta: `/servicePrincipals/delta?$select=${SELECT}`,
    children: [{ ...ownersOf('servicePrincipals'), when: isOwnable }],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  // App roles and scopes of Microsoft's own services come and go between two reads.
  ignore: [
    '/id',
    '/createdDateTime',
    '/verifiedPublisher',
    '/info',
    '/appRoles',
    '/oauth2PermissionScopes',
    ...CREDENTIAL_NOISE,
  ],
  sets: ['/servicePrincipalNames', '/replyUrls', '/tags', '/notificationEmailAddresses', '/alternativeNames'],
  keyedLists: [
    { path: '/keyCredentials', by: 'keyId' },
    { path: '/passwordCredentials', by: 'keyId' },
    { path: '/owners', by: 'id' },
  ],
  defaults: [],
  delimitedSets: [],
  flapping: true,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps',
    permission: 'Application.ReadWrite.All',
    address: inCollection('/servicePrincipals'),
    restorable: true,
    remove: () => true,
    readOnly: ['/appId', '/appOwnerOrganizationId', '/servicePrincipalType'],
    parts: [references('owners', 'Application.ReadWrite.All'), PASSWORDS, CERTIFICATES],
  },
  auditActivities: {
    added: ['add service principal'],
    modified: [
      'update service principal',
      'add service principal credentials',
      'remove service principal credentials',
      'add owner to service principal',
      'remove owner from service principal',
    ],
    removed: ['remove service principal', 'hard delete service principal'],
  },
};

/** Microsoft's own tenants: nobody here can own what is theirs. */
const MICROSOFT_TENANTS = ['f8cdef31-a31e-4b4a-93e4-5f571e91255a', '72f988bf-86f1-41af-91ab-2d7cd011db47'];

function isOwnable(raw: JsonObject): boolean {
  const home = text(raw, 'appOwnerOrganizationId');
  return text(raw, 'servicePrincipalType') === 'Application' && !(home !== null && MICROSOFT_TENANTS.includes(home));
}
