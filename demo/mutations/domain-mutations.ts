import type { Actor } from '../audit/actor.js';
import { modifiedProperty, recordAct, target } from '../audit/audit-event.js';
import { domain } from '../generate/tenant-policies.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { changedMembers, mergePatch } from './merge-patch.js';

export function createDomain(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const id = textOf(body, 'id');
  if (!/^[a-z0-9][a-z0-9.-]+\.[a-z]+$/i.test(id)) throw badRequest('The domain name is not valid.');
  if (state.collections.domains.has(id)) throw badRequest('Domain already exists.');
  const created = domain(id, { isVerified: false, isRoot: id.split('.').length === 2 });
  state.collections.domains.set(created);
  record(state, actor, 'Add unverified domain', 'Add', id, [modifiedProperty('Name', [], [id])]);
  return created;
}

export function verifyDomain(state: TenantState, actor: Actor, id: string): JsonObject {
  const after: GraphObject = { ...existing(state, id), isVerified: true, id };
  state.collections.domains.set(after);
  record(state, actor, 'Verify domain', 'Update', id, [modifiedProperty('Verified', [false], [true])]);
  return after;
}

export function updateDomain(state: TenantState, actor: Actor, id: string, patch: JsonObject): JsonObject {
  const before = existing(state, id);
  const after: GraphObject = { ...mergePatch(before, patch), id };
  state.collections.domains.set(after);
  if (after['authenticationType'] === 'Managed') state.federationConfigurations.delete(id);
  const properties = changedMembers(before, after).map((member) =>
    modifiedProperty(capital(member), [before[member] ?? null], [after[member] ?? null]),
  );
  const authentication = before['authenticationType'] !== after['authenticationType'];
  record(state, actor, authentication ? 'Set domain authentication' : 'Update domain', 'Update', id, properties);
  return after;
}

export function deleteDomain(state: TenantState, actor: Actor, id: string): void {
  existing(state, id);
  state.collections.domains.delete(id);
  state.federationConfigurations.delete(id);
  record(state, actor, 'Remove unverified domain', 'Delete', id, [modifiedProperty('Name', [id], [])]);
}

/** Makes a domain federated: from then on whoever holds the signing key signs in as anybody of it. */
export function createFederation(state: TenantState, actor: Actor, id: string, body: JsonObject): JsonObject {
  const before = existing(state, id);
  if ((state.federationConfigurations.get(id) ?? []).length > 0)
    throw badRequest('Domain already has Federation Configuration set.');
  const created: JsonObject = {
    '@odata.type': '#microsoft.graph.internalDomainFederation',
    ...body,
    id: state.ids.guid(),
  };
  state.federationConfigurations.set(id, [created]);
  state.collections.domains.set({ ...before, authenticationType: 'Federated', id });
  recordAct(state, actor, [
    plan('Set domain authentication', 'Update', id, [modifiedProperty('LiveType', ['Managed'], ['Federated'])]),
    plan('Set federation settings on domain', 'Update', id, federationProperties({}, created)),
  ]);
  return created;
}

export function updateFederation(
  state: TenantState,
  actor: Actor,
  id: string,
  configurationId: string,
  patch: JsonObject,
): JsonObject {
  existing(state, id);
  const list = state.federationConfigurations.get(id) ?? [];
  const before = list.find((one) => one['id'] === configurationId);
  if (!before) throw notFound(configurationId);
  const after: GraphObject = { ...mergePatch(before, patch), id: configurationId };
  state.federationConfigurations.set(
    id,
    list.map((one) => (one === before ? after : one)),
  );
  record(state, actor, 'Set federation settings on domain', 'Update', id, federationProperties(before, after));
  return after;
}

export function deleteFederation(state: TenantState, actor: Actor, id: string, configurationId: string): void {
  const before = existing(state, id);
  const list = state.federationConfigurations.get(id) ?? [];
  if (!list.some((one) => one['id'] === configurationId)) throw notFound(configurationId);
  state.federationConfigurations.set(
    id,
    list.filter((one) => one['id'] !== configurationId),
  );
  state.collections.domains.set({ ...before, authenticationType: 'Managed', id });
  record(state, actor, 'Set domain authentication', 'Update', id, [
    modifiedProperty('LiveType', ['Federated'], ['Managed']),
  ]);
}

function federationProperties(before: JsonObject, after: JsonObject): JsonObject[] {
  return changedMembers(before, after)
    .filter((member) => !member.startsWith('@'))
    .map((member) => modifiedProperty(capital(member), list(before[member]), list(after[member])));
}

function existing(state: TenantState, id: string): JsonObject {
  const found = state.collections.domains.get(id);
  if (!found) throw notFound(id);
  return found;
}

function record(
  state: TenantState,
  actor: Actor,
  activity: string,
  operationType: 'Add' | 'Update' | 'Delete',
  id: string,
  modified: JsonObject[],
): void {
  recordAct(state, actor, [plan(activity, operationType, id, modified)]);
}

function plan(activity: string, operationType: 'Add' | 'Update' | 'Delete', id: string, modified: JsonObject[]) {
  return {
    service: 'Core Directory' as const,
    category: 'DirectoryManagement' as const,
    activity,
    operationType,
    targets: [target('Other', id, id, modified)],
  };
}

function list(value: Json | undefined): Json[] {
  return value === undefined || value === null ? [] : [value];
}

function capital(member: string): string {
  return member.charAt(0).toUpperCase() + member.slice(1);
}
