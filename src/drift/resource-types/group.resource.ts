import { text } from '../normalise/json-members.js';
import { inCollection, references } from './remediation-parts.js';
import type { ChildPlan, ResourceTypeDefinition } from './resource-type.types.js';

const idsOf = (into: 'members' | 'owners'): ChildPlan => ({
  into,
  path: (key) => `/groups/${encodeURIComponent(key)}/${into}?$select=id&$top=999`,
  pick: ['id'],
});

/** Graph: group, collected where a policy, a role or an assignment names it. */
export const group: ResourceTypeDefinition = {
  type: 'group',
  title: 'Group',
  permission: 'GroupMember.Read.All',
  collect: {
    kind: 'referenced',
    select: [
      'id',
      'displayName',
      'description',
      'groupTypes',
      'securityEnabled',
      'mailEnabled',
      'visibility',
      'isAssignableToRole',
      'isManagementRestricted',
      'membershipRule',
      'membershipRuleProcessingState',
      'onPremisesSyncEnabled',
    ],
    children: [idsOf('members'), idsOf('owners')],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: [
    '/id',
    '/createdDateTime',
    '/renewedDateTime',
    '/expirationDateTime',
    '/onPremisesLastSyncDateTime',
    '/onPremisesProvisioningErrors',
    '/serviceProvisioningErrors',
    '/organizationId',
    '/createdByAppId',
    '/mailNickname',
    '/securityIdentifier',
  ],
  sets: ['/groupTypes', '/proxyAddresses', '/resourceBehaviorOptions', '/resourceProvisioningOptions'],
  keyedLists: [
    { path: '/members', by: 'id' },
    { path: '/owners', by: 'id' },
  ],
  defaults: [
    { path: '/isAssignableToRole', value: false },
    { path: '/isManagementRestricted', value: false },
    { path: '/onPremisesSyncEnabled', value: false },
  ],
  delimitedSets: [],
  flapping: true,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Groups',
    permission: 'Group.ReadWrite.All',
    address: inCollection('/groups'),
    restorable: true,
    remove: () => true,
    readOnly: ['/isAssignableToRole', '/isManagementRestricted', '/onPremisesSyncEnabled', '/mailEnabled'],
    masteredElsewhere: (value) =>
      value['onPremisesSyncEnabled'] === true ? 'It comes from the on-premises directory and is changed there.' : null,
    parts: [
      references('members', 'GroupMember.ReadWrite.All', (value) =>
        text(value, 'membershipRule') === null ? null : 'Its rule decides who is a member.',
      ),
      references('owners', 'Group.ReadWrite.All'),
    ],
  },
  auditActivities: {
    added: ['add group'],
    modified: [
      'update group',
      'add member to group',
      'remove member from group',
      'add owner to group',
      'remove owner from group',
      'add eligible member to group in pim completed (permanent)',
    ],
    removed: ['delete group', 'hard delete group'],
  },
};
