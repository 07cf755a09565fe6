import type { ResourceTypeDefinition } from './resource-type.types.js';
import { ROLE_HOLDING_NOISE, roleHoldingKey, roleHoldingName } from './role-holding.js';
import { roleRequests } from './role-requests.js';

/** Graph: unifiedRoleEligibilityScheduleInstance. */
export const roleEligibility: ResourceTypeDefinition = {
  type: 'roleEligibility',
  title: 'Role eligibility',
  permission: 'RoleEligibilitySchedule.Read.Directory',
  collect: { kind: 'list', path: '/roleManagement/directory/roleEligibilityScheduleInstances' },
  key: roleHoldingKey,
  displayName: roleHoldingName,
  ignore: ROLE_HOLDING_NOISE,
  sets: [],
  keyedLists: [],
  defaults: [{ path: '/memberType', value: 'Direct' }],
  delimitedSets: [],
  flapping: true,
  remediation: roleRequests({
    requests: '/roleManagement/directory/roleEligibilityScheduleRequests',
    permission: 'RoleEligibilitySchedule.ReadWrite.Directory',
    place: 'ID Governance > Privileged Identity Management > Microsoft Entra roles > Assignments',
  }),
  auditActivities: {
    added: [
      'add eligible member to role',
      'add eligible member to role in pim completed (permanent)',
      'add eligible member to role in pim completed (timebound)',
    ],
    modified: [
      'add eligible member to role in pim completed (permanent)',
      'add eligible member to role in pim completed (timebound)',
    ],
    removed: [
      'remove eligible member from role',
      'remove eligible member from role in pim completed (permanent)',
      'remove eligible member from role in pim completed (timebound)',
    ],
  },
};
