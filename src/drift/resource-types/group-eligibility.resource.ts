import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { groupRequests } from './role-requests.js';
import { tupleKey } from './tuple-key.js';

/** Graph: privilegedAccessGroupEligibilityScheduleInstance (PIM for groups): who may make themselves member or owner of a group. */
export const groupEligibility: ResourceTypeDefinition = {
  type: 'groupEligibility',
  title: 'Group eligibility',
  permission: 'PrivilegedEligibilitySchedule.Read.AzureADGroup',
  collect: {
    kind: 'ofDecidingGroups',
    path: (groupId) =>
      `/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter=groupId eq '${encodeURIComponent(groupId)}'`,
    parentOf: (key) => key.split('|')[1] ?? null,
  },
  key: (raw) => tupleKey(raw, ['principalId', 'groupId', 'accessId']),
  displayName: (raw) => {
    const [group, principal] = [text(raw, 'groupId'), text(raw, 'principalId')];
    return group === null || principal === null
      ? null
      : `${text(raw, 'accessId') ?? 'member'} of ${group}: ${principal}`;
  },
  ignore: ['/id', '/startDateTime', '/createdDateTime', '/eligibilityScheduleId', '/group', '/principal'],
  sets: [],
  keyedLists: [],
  defaults: [{ path: '/memberType', value: 'direct' }],
  delimitedSets: [],
  spellings: [
    { path: '/accessId', values: ['member', 'owner'] },
    { path: '/memberType', values: ['direct', 'group'] },
  ],
  flapping: true,
  remediation: groupRequests,
  auditActivities: {
    added: [
      'add eligible member to group in pim completed (permanent)',
      'add eligible member to group in pim completed (timebound)',
      'add eligible owner to group in pim completed (permanent)',
      'add eligible owner to group in pim completed (timebound)',
    ],
    modified: [
      'add eligible member to group in pim completed (permanent)',
      'add eligible member to group in pim completed (timebound)',
    ],
    removed: [
      'remove eligible member from group in pim completed (permanent)',
      'remove eligible member from group in pim completed (timebound)',
      'remove eligible owner from group in pim completed (permanent)',
      'remove eligible owner from group in pim completed (timebound)',
    ],
  },
};
