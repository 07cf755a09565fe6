import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, recordAct, target } from '../audit/audit-event.js';
import { notFound } from '../graph/graph-failure.js';
import { type JsonObject, textOf } from '../store/json.types.js';
import type { DeletedItem, TenantState } from '../store/tenant-state.js';

const WORDS: Record<DeletedItem['collection'], { noun: string; type: string; category: AuditEventPlan['category'] }> = {
  users: { noun: 'user', type: 'User', category: 'UserManagement' },
  groups: { noun: 'group', type: 'Group', category: 'GroupManagement' },
  applications: { noun: 'application', type: 'Application', category: 'ApplicationManagement' },
  servicePrincipals: { noun: 'service principal', type: 'ServicePrincipal', category: 'ApplicationManagement' },
  administrativeUnits: { noun: 'administrative unit', type: 'AdministrativeUnit', category: 'AdministrativeUnit' },
};

/** To be called before the object goes: it stays restorable, with what it was a member of. */
export function keepDeleted(state: TenantState, collection: DeletedItem['collection'], object: JsonObject): void {
  const id = textOf(object, 'id');
  const memberOf = [...state.groupMembers].filter(([, members]) => members.includes(id)).map(([group]) => group);
  state.deletedItems.set(id, { collection, object: { ...object, id }, memberOf });
}

/** Graph: POST /directory/deletedItems/{id}/restore. */
export function restoreDeleted(state: TenantState, actor: Actor, id: string): JsonObject {
  const kept = state.deletedItems.get(id);
  if (!kept) throw notFound(id);
  const { collection, object, memberOf } = kept;
  state.deletedItems.delete(id);
  state.collections[collection].set(object);
  if (collection !== 'administrativeUnits') state.changes.record(collection, id);
  for (const group of memberOf) {
    const members = state.groupMembers.get(group);
    if (members && !members.includes(id)) members.push(id);
  }
  const { noun, type, category } = WORDS[collection];
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category,
      activity: `Restore ${noun}`,
      operationType: 'Update',
      targets: [target(type, id, textOf(object, 'displayName'))],
    },
  ]);
  return object;
}
