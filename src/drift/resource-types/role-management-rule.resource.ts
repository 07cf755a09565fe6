import type { JsonObject } from '../../crypto/canonical-json.js';
import { member, text } from '../normalise/json-members.js';
import { objectsOf, UnexpectedShapeError } from './expected-shape.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { roleName } from './well-known.js';

/** Graph: unifiedRoleManagementPolicyRule, one object per directory role and rule (what PIM asks before a role is given). */
export const roleManagementRule: ResourceTypeDefinition = {
  type: 'roleManagementRule',
  title: 'PIM rule',
  permission: 'RoleManagementPolicy.Read.Directory',
  collect: {
    kind: 'derived',
    from: "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)",
    expand: rulesOfAssignment,
  },
  key: (raw) => {
    const role = text(raw, 'roleDefinitionId');
    const rule = text(raw, 'id');
    return role === null || rule === null ? null : `${role}|${rule}`;
  },
  displayName: (raw) => `${roleName(text(raw, 'roleDefinitionId') ?? '')}: ${text(raw, 'id') ?? ''}`,
  ignore: ['/lastModifiedDateTime', '/lastModifiedBy'],
  sets: [
    '/enabledRules',
    '/notificationRecipients',
    '/target/operations',
    '/target/enforcedSettings',
    '/target/inheritableSettings',
    '/setting/approvalStages/*/primaryApprovers',
    '/setting/approvalStages/*/escalationApprovers',
  ],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  auditActivities: {
    added: ['update role setting in pim'],
    modified: ['update role setting in pim'],
    removed: ['update role setting in pim'],
  },
};

/** A roleManagementPolicyAssignment with its policy and rules expanded, as one object per rule. */
function rulesOfAssignment(assignment: JsonObject): JsonObject[] {
  const role = text(assignment, 'roleDefinitionId');
  const rules = member(member(assignment, 'policy'), 'rules');
  if (role === null) throw new UnexpectedShapeError('a role management policy assignment names no role');
  return objectsOf(rules, 'rules of a role management policy').map((rule) => ({ ...rule, roleDefinitionId: role }));
}
