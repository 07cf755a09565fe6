import type { JsonObject } from '../store/json.types.js';
import type { GraphCall, GraphRoute } from './graph-route.js';
import { listPage, oneObject } from './list-page.js';
import {
  expandRole,
  presentRoleAssignment,
  roleManagementPolicyAssignments,
  roleManagementPolicyId,
} from './resource-shapes.js';
import { collectionRoutes, missing } from './route-kinds.js';

const ROLES = ['RoleManagement.Read.Directory', 'RoleManagement.Read.All', 'Directory.Read.All'];

/** Role definitions, assignments, eligibilities and the rules of Privileged Identity Management. */
export const ROLE_READ_ROUTES: GraphRoute[] = [
  ...collectionRoutes('/roleManagement/directory/roleDefinitions', 'roleDefinitions', 'unifiedRoleDefinition', ROLES),
  ...collectionRoutes(
    '/roleManagement/directory/roleAssignments',
    'roleAssignmentScheduleInstances',
    'unifiedRoleAssignment',
    ROLES,
    {
      shape: (call) => ({
        present: (row, options) => expandRole(call.state, presentRoleAssignment(row), options.expand),
      }),
    },
  ),
  ...collectionRoutes(
    '/roleManagement/directory/roleAssignmentScheduleInstances',
    'roleAssignmentScheduleInstances',
    'unifiedRoleAssignmentScheduleInstance',
    ['RoleAssignmentSchedule.Read.Directory', ...ROLES],
    {
      shape: (call) => ({ present: (row, options) => expandRole(call.state, row, options.expand) }),
    },
  ),
  ...collectionRoutes(
    '/roleManagement/directory/roleAssignmentSchedules',
    'roleAssignmentScheduleInstances',
    'unifiedRoleAssignmentSchedule',
    ['RoleAssignmentSchedule.Read.Directory', ...ROLES],
    {
      shape: (call) => ({
        present: (row, options) =>
          expandRole(call.state, presentSchedule(row, 'roleAssignmentScheduleId'), options.expand),
      }),
    },
  ),
  ...collectionRoutes(
    '/roleManagement/directory/roleEligibilityScheduleInstances',
    'roleEligibilityScheduleInstances',
    'unifiedRoleEligibilityScheduleInstance',
    ['RoleEligibilitySchedule.Read.Directory', ...ROLES],
    {
      shape: (call) => ({ present: (row, options) => expandRole(call.state, row, options.expand) }),
    },
  ),
  ...collectionRoutes(
    '/roleManagement/directory/roleEligibilitySchedules',
    'roleEligibilityScheduleInstances',
    'unifiedRoleEligibilitySchedule',
    ['RoleEligibilitySchedule.Read.Directory', ...ROLES],
    {
      shape: (call) => ({
        present: (row, options) =>
          expandRole(call.state, presentSchedule(row, 'roleEligibilityScheduleId'), options.expand),
      }),
    },
  ),
  ...roleManagementPolicyRoutes(),
];

function roleManagementPolicyRoutes(): GraphRoute[] {
  const permissions = ['RoleManagementPolicy.Read.Directory', ...ROLES];
  const rulesOf = (call: GraphCall): JsonObject[] => {
    const found = [...call.state.roleManagementRules].find(
      ([role]) => roleManagementPolicyId(call.state, role) === call.params['policyId'],
    );
    return found?.[1] ?? [missing(call)];
  };
  return [
    {
      method: 'GET',
      path: '/policies/roleManagementPolicyAssignments',
      permissions,
      handle: (call) => {
        const expand = call.query.get('$expand') ?? '';
        const rows = roleManagementPolicyAssignments(call.state, /\bpolicy\b/.test(expand), /\brules\b/.test(expand));
        return listPage(call, rows, { type: 'unifiedRoleManagementPolicyAssignment' });
      },
    },
    {
      method: 'GET',
      path: '/policies/roleManagementPolicies/{policyId}/rules',
      permissions,
      handle: (call) => listPage(call, rulesOf(call), { type: 'unifiedRoleManagementPolicyRule' }),
    },
    {
      method: 'GET',
      path: '/policies/roleManagementPolicies/{policyId}/rules/{ruleId}',
      permissions,
      handle: (call) =>
        oneObject(call, rulesOf(call).find((rule) => rule['id'] === call.params['ruleId']) ?? missing(call), {
          type: 'unifiedRoleManagementPolicyRule',
        }),
    },
  ];
}

/** The schedule behind an instance, as the `…Schedules` lists show it. */
function presentSchedule(row: JsonObject, idMember: string): JsonObject {
  const { startDateTime, endDateTime, ...rest } = row;
  return {
    ...rest,
    id: row[idMember] ?? row['id'] ?? null,
    status: 'Provisioned',
    scheduleInfo: {
      startDateTime: startDateTime ?? null,
      recurrence: null,
      expiration: {
        type: isPermanent(endDateTime) ? 'noExpiration' : 'afterDateTime',
        endDateTime: endDateTime ?? null,
        duration: null,
      },
    },
  };
}

function isPermanent(endDateTime: JsonObject[string] | undefined): boolean {
  return endDateTime === null || endDateTime === undefined;
}
