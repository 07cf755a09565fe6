import type { JsonObject } from '../../crypto/canonical-json.js';
import { member, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** What of it is configuration; plans, sizes, addresses and the times of synchronisation aren't. */
const WATCHED = [
  'id',
  'displayName',
  'tenantType',
  'countryLetterCode',
  'preferredLanguage',
  'onPremisesSyncEnabled',
  'verifiedDomains',
  'technicalNotificationMails',
  'securityComplianceNotificationMails',
  'securityComplianceNotificationPhones',
  'privacyProfile',
];

/** Graph: organization, the tenant itself: its domains, who is told of security matters, whether it synchronises. */
export const organization: ResourceTypeDefinition = {
  type: 'organization',
  title: 'Organization',
  permission: 'Organization.Read.All',
  collect: {
    kind: 'list',
    path: `/organization?$select=${WATCHED.join(',')}`,
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: [
    '/technicalNotificationMails',
    '/securityComplianceNotificationMails',
    '/securityComplianceNotificationPhones',
  ],
  keyedLists: [{ path: '/verifiedDomains', by: 'name' }],
  defaults: [{ path: '/onPremisesSyncEnabled', value: false }],
  delimitedSets: [{ path: '/verifiedDomains/*/capabilities', separator: ',' }],
  // Exporters write the whole object.
  reshape: (raw) => {
    const kept: JsonObject = {};
    for (const name of WATCHED) kept[name] = member(raw, name) ?? null;
    return kept;
  },
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Overview > Properties, and Domain names',
    permission: 'Organization.ReadWrite.All',
    address: inCollection('/organization'),
    update: { method: 'PATCH', whole: ['/privacyProfile'] },
    remove: () => 'It is the tenant itself.',
    createdByHand: 'It is the tenant itself.',
    readOnly: [
      '/displayName',
      '/tenantType',
      '/countryLetterCode',
      '/preferredLanguage',
      '/onPremisesSyncEnabled',
      '/verifiedDomains',
    ],
  },
  auditActivities: {
    added: ['create company'],
    modified: [
      'set company information',
      'set company contact information',
      'update company',
      'update company settings',
      'set dirsyncenabled flag',
      'verify domain',
      'update domain',
    ],
    removed: ['directory deleted'],
  },
};
