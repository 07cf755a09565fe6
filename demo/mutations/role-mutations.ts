import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { assignmentInstance, eligibilityInstance } from '../generate/roles.js';
import { badRequest, GraphFailure, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { mergePatch } from './merge-patch.js';

export interface RoleGrant {
  principalId: string;
  roleDefinitionId: string;
  directoryScopeId?: string;
  /** RFC 3339; null or absent: permanent. */
  endDateTime?: string | null;
}

/** An active assignment made at once (POST roleAssignments, or an adminAssign request of Privileged Identity Management). */
export function assignRole(
  state: TenantState,
  actor: Actor,
  grant: RoleGrant,
  /** What PIM didn't make has no beginning. */
  outside?: 'outsidePim',
): JsonObject {
  const { role, principal } = resolve(state, grant);
  const list = state.collections.roleAssignmentScheduleInstances;
  if (list.where('principalId', grant.principalId).some((row) => sameGrant(row, grant))) {
    throw new GraphFailure(
      400,
      'Request_BadRequest',
      'A conflicting object with one or more of the specified property values is present in the directory.',
    );
  }
  const row = assignmentInstance(state.ids, grant.principalId, grant.roleDefinitionId, {
    startDateTime: outside === undefined ? sevenDigits(state.now()) : null,
    directoryScopeId: grant.directoryScopeId ?? '/',
    endDateTime: grant.endDateTime ?? null,
  });
  list.set(row);
  recordRole(state, actor, 'Add', 'Add member to role', role, principal, grant.endDateTime ?? null);
  return row;
}

export function unassignRole(state: TenantState, actor: Actor, id: string): void {
  remove(state, actor, 'roleAssignmentScheduleInstances', id, 'Remove member from role');
}

export function makeEligible(state: TenantState, actor: Actor, grant: RoleGrant): JsonObject {
  const { role, principal } = resolve(state, grant);
  const row = eligibilityInstance(state.ids, grant.principalId, grant.roleDefinitionId, {
    startDateTime: sevenDigits(state.now()),
    directoryScopeId: grant.directoryScopeId ?? '/',
    endDateTime: grant.endDateTime ?? null,
  });
  state.collections.roleEligibilityScheduleInstances.set(row);
  recordRole(state, actor, 'Add', 'Add eligible member to role', role, principal, grant.endDateTime ?? null);
  return row;
}

/** Until when it holds (an adminUpdate request). */
export function prolongRole(
  state: TenantState,
  actor: Actor,
  collection: 'roleAssignmentScheduleInstances' | 'roleEligibilityScheduleInstances',
  id: string,
  endDateTime: string | null,
): void {
  const row = state.collections[collection].get(id);
  if (!row) throw notFound(id);
  state.collections[collection].set({ ...row, endDateTime, id });
  const { role, principal } = resolve(state, {
    principalId: textOf(row, 'principalId'),
    roleDefinitionId: textOf(row, 'roleDefinitionId'),
  });
  const eligible = collection === 'roleEligibilityScheduleInstances' ? 'eligible ' : '';
  recordRole(state, actor, 'Add', `Add ${eligible}member to role`, role, principal, endDateTime);
}

export function endEligibility(state: TenantState, actor: Actor, id: string): void {
  remove(state, actor, 'roleEligibilityScheduleInstances', id, 'Remove eligible member from role');
}

export function updateRoleManagementRule(
  state: TenantState,
  actor: Actor,
  roleDefinitionId: string,
  ruleId: string,
  patch: JsonObject,
): JsonObject {
  const role = state.collections.roleDefinitions.get(roleDefinitionId);
  const rules = state.roleManagementRules.get(roleDefinitionId);
  const before = rules?.find((rule) => rule['id'] === ruleId);
  if (!role || !rules || !before) throw notFound(ruleId);
  const after: GraphObject = { ...mergePatch(before, patch), id: ruleId };
  state.roleManagementRules.set(
    roleDefinitionId,
    rules.map((rule) => (rule === before ? after : rule)),
  );
  recordAct(state, actor, [
    {
      service: 'PIM',
      category: 'RoleManagement',
      activity: 'Update role setting in PIM',
      operationType: 'Update',
      targets: [roleTarget(role, [modifiedProperty('RoleManagementPolicyRule', before, after)])],
      details: { RuleId: ruleId },
    },
  ]);
  return after;
}

export function updateRoleDefinition(state: TenantState, actor: Actor, id: string, patch: JsonObject): JsonObject {
  const before = state.collections.roleDefinitions.get(id);
  if (!before) throw notFound(id);
  if (before['isBuiltIn'])
    throw new GraphFailure(400, 'Request_BadRequest', 'Built-in role definitions cannot be changed.');
  const after: GraphObject = { ...mergePatch(before, patch), id };
  state.collections.roleDefinitions.set(after);
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'RoleManagement',
      activity: 'Update role definition',
      operationType: 'Update',
      targets: [
        roleTarget(after, [modifiedProperty('RolePermissions', before['rolePermissions'], after['rolePermissions'])]),
      ],
    },
  ]);
  return after;
}

export function createRoleDefinition(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const id = state.ids.guid();
  const created: GraphObject = {
    templateId: id,
    isEnabled: true,
    resourceScopes: ['/'],
    ...body,
    isBuiltIn: false,
    id,
  };
  state.collections.roleDefinitions.set(created);
  recordDefinition(state, actor, 'Add', 'Add role definition', created);
  return created;
}

export function deleteRoleDefinition(state: TenantState, actor: Actor, id: string): void {
  const before = state.collections.roleDefinitions.get(id);
  if (!before) throw notFound(id);
  if (before['isBuiltIn'])
    throw new GraphFailure(400, 'Request_BadRequest', 'Built-in role definitions cannot be deleted.');
  state.collections.roleDefinitions.delete(id);
  recordDefinition(state, actor, 'Delete', 'Delete role definition', before);
}

function recordDefinition(
  state: TenantState,
  actor: Actor,
  operationType: 'Add' | 'Delete',
  activity: string,
  role: JsonObject,
): void {
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'RoleManagement',
      activity,
      operationType,
      targets: [roleTarget(role, [])],
    },
  ]);
}

function remove(
  state: TenantState,
  actor: Actor,
  collection: 'roleAssignmentScheduleInstances' | 'roleEligibilityScheduleInstances',
  id: string,
  activity: string,
): void {
  const row = state.collections[collection].get(id);
  if (!row) throw notFound(id);
  state.collections[collection].delete(id);
  const role = state.collections.roleDefinitions.get(textOf(row, 'roleDefinitionId')) ?? {
    id: textOf(row, 'roleDefinitionId'),
  };
  const principal = state.directoryObject(textOf(row, 'principalId')) ?? { id: textOf(row, 'principalId') };
  recordRole(state, actor, 'Remove', activity, role, principal, null);
}

/** The directory's own event, and the pair (requested, completed) of Privileged Identity Management around it. */
function recordRole(
  state: TenantState,
  actor: Actor,
  verb: 'Add' | 'Remove',
  activity: string,
  role: JsonObject,
  principal: JsonObject,
  endDateTime: string | null,
): void {
  const id = textOf(role, 'id');
  const eligible = activity.includes('eligible');
  const values: [string, string][] = [
    ['Role.ObjectID', id],
    ['Role.DisplayName', textOf(role, 'displayName')],
    ['Role.TemplateId', textOf(role, 'templateId') || id],
    ['Role.WellKnownObjectName', textOf(role, 'displayName').replaceAll(' ', '')],
  ];
  const properties = values.map(([name, value]) =>
    verb === 'Add' ? modifiedProperty(name, undefined, value) : modifiedProperty(name, value, undefined),
  );
  const principalTarget = target(
    principalType(state, textOf(principal, 'id')),
    textOf(principal, 'id'),
    textOf(principal, 'displayName') || null,
    properties,
    textOf(principal, 'userPrincipalName') || null,
  );
  const span = endDateTime === null ? 'permanent' : 'timebound';
  const pim = (stage: string): AuditEventPlan => ({
    service: 'PIM',
    category: 'RoleManagement',
    activity: verb === 'Add' ? `${activity} in PIM ${stage} (${span})` : `${activity} in PIM ${stage} (${span})`,
    operationType: 'Update',
    targets: [
      roleTarget(role, [
        modifiedProperty('RoleDefinitionOriginId', '', id),
        modifiedProperty('TemplateId', '', textOf(role, 'templateId') || id),
      ]),
      target('Request', state.ids.guid(), null),
      { ...principalTarget, modifiedProperties: [] },
      target('Directory', state.identity.tenantId, state.identity.displayName),
    ],
    details: {
      RoleDefinitionOriginId: id,
      TemplateId: textOf(role, 'templateId') || id,
      ...(endDateTime === null ? {} : { ExpirationTime: endDateTime }),
    },
  });
  const directory: AuditEventPlan = {
    service: 'Core Directory',
    category: 'RoleManagement',
    activity,
    operationType: verb === 'Add' ? 'Assign' : 'Unassign',
    targets: [principalTarget, target('Role', id, textOf(role, 'displayName'))],
  };
  // An eligibility lives only in Privileged Identity Management; the directory itself has nothing to write.
  recordAct(
    state,
    actor,
    eligible ? [pim('requested'), pim('completed')] : [pim('requested'), directory, pim('completed')],
  );
}

function resolve(state: TenantState, grant: RoleGrant): { role: JsonObject; principal: JsonObject } {
  const role = state.collections.roleDefinitions.get(grant.roleDefinitionId);
  const principal = state.directoryObject(grant.principalId);
  if (!role) throw badRequest(`The role definition '${grant.roleDefinitionId}' does not exist.`);
  if (!principal) throw badRequest(`The principal '${grant.principalId}' does not exist.`);
  return { role, principal };
}

function sameGrant(row: JsonObject, grant: RoleGrant): boolean {
  return (
    row['roleDefinitionId'] === grant.roleDefinitionId &&
    row['directoryScopeId'] === (grant.directoryScopeId ?? '/') &&
    row['assignmentType'] === 'Assigned'
  );
}

function principalType(state: TenantState, id: string): string {
  const collection = state.directoryCollectionOf(id);
  return collection === 'groups' ? 'Group' : collection === 'servicePrincipals' ? 'ServicePrincipal' : 'User';
}

function roleTarget(role: JsonObject, modified: JsonObject[]): JsonObject {
  return target('Role', textOf(role, 'id'), textOf(role, 'displayName'), modified);
}
