import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: organization, the tenant itself: its domains, who is told of security matters, whether it synchronises. */
export const organization: ResourceTypeDefinition = {
  type: 'organization',
  title: 'Organization',
  permission: 'Organization.Read.All',
  collect: {
    kind: 'list',
    path: '/organization?$select=id,displayName,tenantType,countryLetterCode,preferredLanguage,onPremisesSyncEnabled,verifiedDomains,technicalNotificationMails,securityComplianceNotificationMails,securityComplianceNotificationPhones,privacyProfile',
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: [
    '/id',
    '/createdDateTime',
    '/deletedDateTime',
    '/onPremisesLastSyncDateTime',
    '/onPremisesLastPasswordSyncDateTime',
    '/assignedPlans',
    '/provisionedPlans',
    '/directorySizeQuota',
  ],
  sets: [
    '/technicalNotificationMails',
    '/securityComplianceNotificationMails',
    '/securityComplianceNotificationPhones',
    '/marketingNotificationEmails',
    '/businessPhones',
  ],
  keyedLists: [{ path: '/verifiedDomains', by: 'name' }],
  defaults: [{ path: '/onPremisesSyncEnabled', value: false }],
  delimitedSets: [{ path: '/verifiedDomains/*/capabilities', separator: ',' }],
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
