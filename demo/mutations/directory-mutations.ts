import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { keepDeleted } from './deleted-items.js';
import { changedMembers, mergePatch } from './merge-patch.js';

/** Users and groups: the two kinds of directory object that people are. */
export type DirectoryKind = 'users' | 'groups';

const WORDS = {
  users: { noun: 'user', type: 'User', category: 'UserManagement' },
  groups: { noun: 'group', type: 'Group', category: 'GroupManagement' },
} as const;

export function createDirectoryObject(
  state: TenantState,
  actor: Actor,
  kind: DirectoryKind,
  body: JsonObject,
): JsonObject {
  if (!textOf(body, 'displayName')) throw badRequest('A displayName is required.');
  if (kind === 'users' && !textOf(body, 'userPrincipalName')) throw badRequest('A userPrincipalName is required.');
  const { passwordProfile: _secret, ...kept } = body;
  const template = kind === 'users' ? NEW_USER : NEW_GROUP;
  const created: GraphObject = {
    ...template,
    ...kept,
    id: state.ids.guid(),
    createdDateTime: sevenDigits(state.now()),
    ...(kind === 'users' ? { signInSessionsValidFromDateTime: `${state.now().toISOString().slice(0, 19)}Z` } : {}),
  };
  state.collections[kind].set(created);
  state.changes.record(kind, created.id);
  record(
    state,
    actor,
    kind,
    'Add',
    created,
    Object.keys(kept).map((member) => modifiedProperty(capital(member), [], listOf(kept[member]))),
  );
  return created;
}

export function updateDirectoryObject(
  state: TenantState,
  actor: Actor,
  kind: DirectoryKind,
  id: string,
  patch: JsonObject,
): JsonObject {
  const before = state.collections[kind].get(id);
  if (!before) throw notFound(id);
  const { passwordProfile: _secret, ...kept } = patch;
  const after: GraphObject = { ...mergePatch(before, kept), id };
  state.collections[kind].set(after);
  state.changes.record(kind, id);
  const changed = changedMembers(before, after);
  record(state, actor, kind, 'Update', after, [
    ...changed.map((member) => modifiedProperty(capital(member), listOf(before[member]), listOf(after[member]))),
    modifiedProperty('Included Updated Properties', undefined, changed.map(capital).join(', ')),
  ]);
  return after;
}

export function deleteDirectoryObject(state: TenantState, actor: Actor, kind: DirectoryKind, id: string): void {
  const before = state.collections[kind].get(id);
  if (!before) throw notFound(id);
  keepDeleted(state, kind, before);
  state.collections[kind].delete(id);
  state.changes.record(kind, id, { deleted: true });
  for (const members of state.groupMembers.values()) if (members.includes(id)) members.splice(members.indexOf(id), 1);
  record(state, actor, kind, 'Delete', before, []);
}

export function addMember(state: TenantState, actor: Actor, groupId: string, memberId: string): void {
  changeMembers(state, actor, groupId, memberId, 'Add');
}

export function removeMember(state: TenantState, actor: Actor, groupId: string, memberId: string): void {
  changeMembers(state, actor, groupId, memberId, 'Remove');
}

/** Owners of groups, applications and service principals. */
export function changeOwners(
  state: TenantState,
  actor: Actor,
  objectId: string,
  ownerId: string,
  verb: 'Add' | 'Remove',
): void {
  const collection = state.directoryCollectionOf(objectId);
  const object = state.directoryObject(objectId);
  if (!object || !collection || collection === 'users') throw notFound(objectId);
  state.owners.set(objectId, changedList(state, state.owners.get(objectId) ?? [], ownerId, verb));
  // Of groups only, delta queries tell who owns them.
  if (collection === 'groups') state.changes.record(collection, objectId);
  const noun = collection === 'groups' ? 'group' : collection === 'applications' ? 'application' : 'service principal';
  recordLink(state, actor, `${verb} owner ${verb === 'Add' ? 'to' : 'from'} ${noun}`, noun, object, ownerId, verb);
}

function changeMembers(
  state: TenantState,
  actor: Actor,
  groupId: string,
  memberId: string,
  verb: 'Add' | 'Remove',
): void {
  const group = state.collections.groups.get(groupId);
  if (!group) throw notFound(groupId);
  state.groupMembers.set(groupId, changedList(state, state.groupMembers.get(groupId) ?? [], memberId, verb));
  state.changes.record('groups', groupId, { members: [{ id: memberId, removed: verb === 'Remove' }] });
  recordLink(state, actor, `${verb} member ${verb === 'Add' ? 'to' : 'from'} group`, 'group', group, memberId, verb);
}

function changedList(state: TenantState, list: string[], id: string, verb: 'Add' | 'Remove'): string[] {
  if (verb === 'Remove') {
    if (!list.includes(id)) throw notFound(id);
    return list.filter((one) => one !== id);
  }
  if (!state.directoryObject(id)) throw notFound(id);
  if (list.includes(id))
    throw badRequest(
      "One or more added object references already exist for the following modified properties: 'members'.",
    );
  return [...list, id];
}

function recordLink(
  state: TenantState,
  actor: Actor,
  activity: string,
  noun: string,
  holder: JsonObject,
  otherId: string,
  verb: 'Add' | 'Remove',
): void {
  const other = state.directoryObject(otherId) ?? { id: otherId };
  const prefix = noun === 'group' ? 'Group' : noun === 'application' ? 'Application' : 'ServicePrincipal';
  const values: [string, string][] = [
    [`${prefix}.ObjectID`, textOf(holder, 'id')],
    [`${prefix}.DisplayName`, textOf(holder, 'displayName')],
  ];
  const properties = values.map(([name, value]) =>
    verb === 'Add' ? modifiedProperty(name, undefined, value) : modifiedProperty(name, value, undefined),
  );
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: noun === 'group' ? 'GroupManagement' : 'ApplicationManagement',
      activity,
      operationType: verb === 'Add' ? 'Assign' : 'Unassign',
      targets: [
        target(
          state.collections.users.has(otherId) ? 'User' : 'ServicePrincipal',
          otherId,
          textOf(other, 'displayName') || null,
          properties,
          textOf(other, 'userPrincipalName') || null,
        ),
        target(prefix, textOf(holder, 'id'), textOf(holder, 'displayName')),
      ],
    },
  ]);
}

function record(
  state: TenantState,
  actor: Actor,
  kind: DirectoryKind,
  verb: 'Add' | 'Update' | 'Delete',
  object: JsonObject,
  modified: JsonObject[],
): void {
  const { noun, type, category } = WORDS[kind];
  const plan: AuditEventPlan = {
    service: 'Core Directory',
    category,
    activity: `${verb} ${noun}`,
    operationType: verb,
    targets: [
      target(
        type,
        textOf(object, 'id'),
        textOf(object, 'displayName'),
        modified,
        textOf(object, 'userPrincipalName') || null,
      ),
    ],
  };
  recordAct(state, actor, [plan]);
}

function listOf(value: Json | undefined): Json {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function capital(member: string): string {
  return member.charAt(0).toUpperCase() + member.slice(1);
}

const NEW_USER: JsonObject = {
  accountEnabled: true,
  userType: 'Member',
  onPremisesImmutableId: null,
  onPremisesSyncEnabled: null,
  identities: [],
  externalUserState: null,
};
const NEW_GROUP: JsonObject = {
  description: null,
  groupTypes: [],
  isAssignableToRole: null,
  membershipRule: null,
  membershipRuleProcessingState: null,
  securityEnabled: true,
  mailEnabled: false,
};
