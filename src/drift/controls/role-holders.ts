import { at, stringsAt, text } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { ControlInput } from './control.types.js';
import { PRIVILEGED_ROLES } from './control-input.js';
import { HIGHLY_PRIVILEGED_ROLES } from './highly-privileged.js';

const ROLE_IDS: ReadonlyMap<string, string> = new Map([...HIGHLY_PRIVILEGED_ROLES].map(([id, name]) => [name, id]));

export interface RoleHolder {
  user: SnapshotObject;
  /** Template ids of highly privileged roles, held or eligible, by themselves or by a group. */
  roles: Set<string>;
}

/**
 * The users who hold a highly privileged role or can activate one. A source that lists privileged users says which roles
 * they have; otherwise it follows from assignments, eligibilities and the groups that have them.
 */
export function roleHolders(input: ControlInput): RoleHolder[] {
  const holders = new Map<string, RoleHolder>();
  const give = (userId: string, role: string) => {
    const user = input.find('user', userId);
    if (user === undefined) return;
    const holder = holders.get(userId) ?? { user, roles: new Set() };
    holders.set(userId, holder.roles.has(role) ? holder : { user, roles: holder.roles.add(role) });
  };
  for (const user of input.privilegedUsers) {
    for (const name of stringsAt(user.evidence, PRIVILEGED_ROLES)) {
      const role = ROLE_IDS.get(name);
      if (role !== undefined) give(user.key, role);
    }
  }
  for (const type of ['roleAssignment', 'roleEligibility'] as const) {
    for (const { value } of input.objects(type)) {
      const role = text(value, 'roleDefinitionId');
      const principal = text(value, 'principalId');
      if (role === null || principal === null || !HIGHLY_PRIVILEGED_ROLES.has(role)) continue;
      for (const id of peopleBehind(input, principal, new Set())) give(id, role);
    }
  }
  return [...holders.values()];
}

/** Why the holders of the roles can't be told from this snapshot; null when they can. */
export function whyHoldersUnknown(input: ControlInput): string | null {
  const users = input.lacks({ type: 'user' });
  if (users !== null) return users;
  if (input.privilegedUsers.length > 0) return null;
  for (const type of ['roleAssignment', 'roleEligibility', 'group'] as const) {
    const lacking = input.lacks({ type });
    if (lacking !== null) return lacking;
  }
  return null;
}

function peopleBehind(input: ControlInput, principal: string, seen: Set<string>): string[] {
  const group = input.find('group', principal);
  if (group === undefined) return [principal];
  if (seen.has(principal)) return [];
  seen.add(principal);
  const members = at(group.value, '/members');
  const ids = typeof members === 'object' && members !== null ? Object.keys(members) : [];
  return ids.flatMap((id) => peopleBehind(input, id, seen));
}
