import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { ROLE_HOLDING_NOISE, roleHoldingKey, roleHoldingName } from './role-holding.js';
import { roleRequests } from './role-requests.js';

/**
 * Graph: unifiedRoleAssignmentScheduleInstance. Keyed by who, which role and where, since ids are made anew when a schedule
 * is touched. A just-in-time activation is an event and not configuration.
 */
export const roleAssignment: ResourceTypeDefinition = {
  type: 'roleAssignment',
  title: 'Role assignment',
  permission: 'RoleAssignmentSchedule.Read.Directory',
  collect: {
    kind: 'list',
    path: '/roleManagement/directory/roleAssignmentScheduleInstances',
    pathWithoutLicence: '/roleManagement/directory/roleAssignments',
  },
  key: roleHoldingKey,
  displayName: roleHoldingName,
  ignore: ROLE_HOLDING_NOISE,
  sets: [],
  keyedLists: [],
  // The plain assignment list, read where PIM isn't licensed, knows only these.
  defaults: [
    { path: '/assignmentType', value: 'Assigned' },
    { path: '/memberType', value: 'Direct' },
  ],
  delimitedSets: [],
  reshape: whetherOutsidePim,
  keep: (raw) => text(raw, 'assignmentType')?.toLowerCase() !== 'activated',
  flapping: true,
  remediation: roleRequests({
    requests: '/roleManagement/directory/roleAssignmentScheduleRequests',
    permission: 'RoleAssignmentSchedule.ReadWrite.Directory',
    place: 'Entra ID > Roles & admins, or ID Governance > Privileged Identity Management > Microsoft Entra roles',
  }),
  auditActivities: {
    added: [
      'add member to role',
      'add member to role in pim completed (permanent)',
      'add member to role in pim completed (timebound)',
      'add member to role outside of pim (permanent)',
      'add scoped member to role',
    ],
    modified: [
      'update role assignment',
      'add member to role in pim completed (permanent)',
      'add member to role in pim completed (timebound)',
    ],
    removed: [
      'remove member from role',
      'remove member from role in pim completed (permanent)',
      'remove member from role in pim completed (timebound)',
      'remove scoped member from role',
    ],
  },
};

/** When an assignment began is noise, and that it has no beginning is not: PIM writes one into all that it makes. */
function whetherOutsidePim(raw: JsonObject): JsonObject {
  return raw['startDateTime'] === null ? { ...raw, outsidePim: true } : raw;
}
