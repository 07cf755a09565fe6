import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { objectsOf, UnexpectedShapeError } from './expected-shape.js';
import { segment } from './remediation-parts.js';
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
  remediation: {
    kind: 'graph',
    place: 'ID Governance > Privileged Identity Management > Microsoft Entra roles > Settings',
    permission: 'RoleManagementPolicy.ReadWrite.Directory',
    address: (id, { key }) => `/policies/roleManagementPolicies/${id}/rules/${segment(key.split('|')[1] ?? '')}`,
    lookup: ({ key }) => ({
      path: "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'",
      where: { '/roleDefinitionId': key.split('|')[0] ?? '' },
      member: 'policyId',
    }),
    update: { method: 'PATCH', whole: [''] },
    remove: () => 'The rules of a role are always there; only what they say can be changed.',
    createdByHand: 'The rules of a role are always there; only what they say can be changed.',
    readOnly: ['/roleDefinitionId'],
    toGraph: asGraphWantsRule,
  },
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

const CLASSES_OF_RULES = ['Expiration', 'Enablement', 'Approval', 'AuthenticationContext', 'Notification'];

/** The first word of a rule's id names its class; who approves is named by class and id. */
function asGraphWantsRule(graph: JsonObject, { key }: { key: string }): JsonObject {
  const id = key.split('|')[1] ?? '';
  const kind = CLASSES_OF_RULES.find((name) => id.startsWith(`${name}_`));
  const setting = member(graph, 'setting');
  const stages = member(setting, 'approvalStages');
  return {
    ...(kind === undefined ? {} : { '@odata.type': `#microsoft.graph.unifiedRoleManagementPolicy${kind}Rule` }),
    ...graph,
    id,
    ...(kind === 'Enablement' && graph['enabledRules'] === undefined ? { enabledRules: [] } : {}),
    ...(isObject(setting) && Array.isArray(stages)
      ? { setting: { ...setting, approvalStages: stages.map(withClassesOfApprovers) } }
      : {}),
  };
}

function withClassesOfApprovers(stage: Json): Json {
  if (!isObject(stage)) return stage;
  const out = { ...stage };
  for (const name of ['primaryApprovers', 'escalationApprovers']) {
    const approvers = member(stage, name);
    if (!Array.isArray(approvers)) continue;
    out[name] = approvers.map((approver): Json => {
      const type = text(approver, 'groupId') === null ? 'singleUser' : 'groupMembers';
      return isObject(approver) ? { '@odata.type': `#microsoft.graph.${type}`, ...approver } : approver;
    });
  }
  return out;
}
