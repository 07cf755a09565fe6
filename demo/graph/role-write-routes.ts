import {
  assignRole,
  createRoleDefinition,
  deleteRoleDefinition,
  endEligibility,
  makeEligible,
  prolongRole,
  type RoleGrant,
  unassignRole,
  updateRoleDefinition,
  updateRoleManagementRule,
} from '../mutations/role-mutations.js';
import { type JsonObject, textOf } from '../store/json.types.js';
import { badRequest, GraphFailure, notFound } from './graph-failure.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './graph-route.js';
import { presentRoleAssignment, roleManagementPolicyId } from './resource-shapes.js';
import { created, done, id, param, route } from './write-answers.js';

/** Changes of assignments, eligibilities, role definitions and the rules of Privileged Identity Management. */
export function roleWriteRoutes(): GraphRoute[] {
  const request = (
    c: GraphCall,
    act: (grant: RoleGrant) => JsonObject,
    end: (rowId: string) => void,
    rows: JsonObject[],
    prolong: (rowId: string, endDateTime: string | null) => void,
  ): GraphAnswer => {
    const grant = grantOf(c.body);
    const action = textOf(c.body, 'action');
    if (action === 'adminRemove' || action === 'adminUpdate') {
      const row = rows.find((one) => one['roleDefinitionId'] === grant.roleDefinitionId);
      if (!row) throw new GraphFailure(400, 'RoleAssignmentDoesNotExist', 'The Role assignment does not exist.');
      if (action === 'adminUpdate') prolong(textOf(row, 'id'), grant.endDateTime ?? null);
      else end(textOf(row, 'id'));
      return created({
        ...c.body,
        id: c.state.ids.guid(),
        status: action === 'adminUpdate' ? 'Provisioned' : 'Revoked',
      });
    }
    if (action !== 'adminAssign')
      throw badRequest(`The action '${action}' is not supported; use adminAssign, adminUpdate or adminRemove.`);
    return created({
      ...c.body,
      id: c.state.ids.guid(),
      targetScheduleId: act(grant)['id'] ?? null,
      status: 'Provisioned',
    });
  };
  return [
    route('POST', '/roleManagement/directory/roleAssignments', 'RoleManagement.ReadWrite.Directory', (c) =>
      created(presentRoleAssignment(assignRole(c.state, c.actor, grantOf(c.body), 'outsidePim'))),
    ),
    route('DELETE', '/roleManagement/directory/roleAssignments/{id}', 'RoleManagement.ReadWrite.Directory', (c) =>
      done(unassignRole(c.state, c.actor, id(c))),
    ),
    route(
      'POST',
      '/roleManagement/directory/roleAssignmentScheduleRequests',
      'RoleAssignmentSchedule.ReadWrite.Directory',
      (c) =>
        request(
          c,
          (grant) => assignRole(c.state, c.actor, grant),
          (row) => unassignRole(c.state, c.actor, row),
          c.state.collections.roleAssignmentScheduleInstances.where('principalId', textOf(c.body, 'principalId')),
          (row, end) => prolongRole(c.state, c.actor, 'roleAssignmentScheduleInstances', row, end),
        ),
    ),
    route(
      'POST',
      '/roleManagement/directory/roleEligibilityScheduleRequests',
      'RoleEligibilitySchedule.ReadWrite.Directory',
      (c) =>
        request(
          c,
          (grant) => makeEligible(c.state, c.actor, grant),
          (row) => endEligibility(c.state, c.actor, row),
          c.state.collections.roleEligibilityScheduleInstances.where('principalId', textOf(c.body, 'principalId')),
          (row, end) => prolongRole(c.state, c.actor, 'roleEligibilityScheduleInstances', row, end),
        ),
    ),
    route('POST', '/roleManagement/directory/roleDefinitions', 'RoleManagement.ReadWrite.Directory', (c) =>
      created(createRoleDefinition(c.state, c.actor, c.body)),
    ),
    route('DELETE', '/roleManagement/directory/roleDefinitions/{id}', 'RoleManagement.ReadWrite.Directory', (c) =>
      done(deleteRoleDefinition(c.state, c.actor, id(c))),
    ),
    route('PATCH', '/roleManagement/directory/roleDefinitions/{id}', 'RoleManagement.ReadWrite.Directory', (c) =>
      done(updateRoleDefinition(c.state, c.actor, id(c), c.body)),
    ),
    route(
      'PATCH',
      '/policies/roleManagementPolicies/{policyId}/rules/{ruleId}',
      'RoleManagementPolicy.ReadWrite.Directory',
      (c) => {
        const role = [...c.state.roleManagementRules.keys()].find(
          (key) => roleManagementPolicyId(c.state, key) === param(c, 'policyId'),
        );
        if (!role) throw notFound(param(c, 'policyId'));
        return { status: 200, body: updateRoleManagementRule(c.state, c.actor, role, param(c, 'ruleId'), c.body) };
      },
    ),
  ];
}

function grantOf(body: JsonObject): RoleGrant {
  const schedule = body['scheduleInfo'];
  const expiration =
    typeof schedule === 'object' && schedule !== null && !Array.isArray(schedule) ? schedule['expiration'] : null;
  const end =
    typeof expiration === 'object' && expiration !== null && !Array.isArray(expiration)
      ? textOf(expiration, 'endDateTime')
      : '';
  return {
    principalId: textOf(body, 'principalId'),
    roleDefinitionId: textOf(body, 'roleDefinitionId'),
    directoryScopeId: textOf(body, 'directoryScopeId') || '/',
    endDateTime: end || null,
  };
}
