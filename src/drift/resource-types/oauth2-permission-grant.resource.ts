import { text } from '../normalise/json-members.js';
import { inCollection, odataString } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { tupleKey } from './tuple-key.js';

/** Graph: oAuth2PermissionGrant: delegated permissions that were consented to. */
export const oauth2PermissionGrant: ResourceTypeDefinition = {
  type: 'oauth2PermissionGrant',
  title: 'Delegated permission grant',
  permission: 'Directory.Read.All',
  collect: { kind: 'list', path: '/oauth2PermissionGrants?$top=999', delta: '/oauth2PermissionGrants/delta' },
  key: (raw) => {
    const who = tupleKey(raw, ['clientId', 'consentType']);
    const resource = text(raw, 'resourceId');
    return who === null || resource === null ? null : `${who}|${text(raw, 'principalId') ?? ''}|${resource}`;
  },
  displayName: (raw) => {
    const client = text(raw, 'clientId');
    if (client === null) return null;
    return `${client} for ${text(raw, 'consentType') === 'AllPrincipals' ? 'everybody' : (text(raw, 'principalId') ?? 'one user')}`;
  },
  ignore: ['/id', '/startTime', '/expiryTime'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [{ path: '/scope', separator: ' ' }],
  flapping: true,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > (application) > Permissions',
    permission: 'DelegatedPermissionGrant.ReadWrite.All',
    address: inCollection('/oauth2PermissionGrants'),
    lookup: ({ key }) => {
      const [client = '', consentType = '', principal = '', resource = ''] = key.split('|');
      return {
        path: `/oauth2PermissionGrants?$filter=clientId eq ${odataString(client)}`,
        where: {
          '/clientId': client,
          '/consentType': consentType,
          '/principalId': principal === '' ? null : principal,
          '/resourceId': resource,
        },
        member: 'id',
      };
    },
    create: { path: () => '/oauth2PermissionGrants' },
    remove: () => true,
  },
  auditActivities: {
    added: ['add delegated permission grant', 'consent to application'],
    modified: ['add delegated permission grant', 'update delegated permission grant', 'consent to application'],
    removed: ['remove delegated permission grant'],
  },
};
