import type { Json } from '../../crypto/canonical-json.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { matchesElement } from '../protocol/evaluate-filter.js';
import type { Comparison, Filter } from '../protocol/filter.types.js';
import { isJsonObject } from '../protocol/json-members.js';
import type { PatchOperation } from '../protocol/read-patch.js';
import { invalidValue, MAX_MEMBERS, readValue } from '../protocol/read-value.js';
import { type AttributeDefinition, named, same } from '../protocol/resource-schema.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { scimError } from '../scim.errors.js';

const MEMBERS = named(GROUP_SCHEMA.core.attributes, 'members') as AttributeDefinition; // it is in the table

/** Members that filters of a request other than `[value eq "id"]` may be compared with. */
const MAX_COMPARED_MEMBERS = 200_000;

/** What operations on the members of a group come to. */
export interface MemberChanges {
  added: string[];
  removed: string[];
}

/**
 * Members are sets of ids and no list that is rewritten: a change of thousands costs what it names.
 *
 * @param current users.id of the members so far
 * @throws DomainError scim.invalid_value, scim.too_large, scim.no_target
 */
export function memberChanges(current: readonly string[], operations: readonly PatchOperation[]): MemberChanges {
  const before = new Set(current);
  const after = new Set(current);
  let named = 0;
  let compared = 0;
  for (const operation of operations) {
    if (operation.target.where !== null && !isOfOneMember(operation.target.where)) {
      compared += after.size;
      if (compared > MAX_COMPARED_MEMBERS) {
        throw scimError('scim.too_large', { detail: 'Name members by [value eq "id"], or in fewer filters.' });
      }
    }
    const ids = idsOf(operation.value);
    named += ids.length;
    if (named > MAX_MEMBERS)
      throw scimError('scim.too_large', { detail: `A request names ${MAX_MEMBERS} members at most.` });
    apply(after, operation, ids);
  }
  return {
    added: [...after].filter((id) => !before.has(id)),
    removed: [...before].filter((id) => !after.has(id)),
  };
}

/** users.id of members that somebody sent; what is no id at all names nobody. */
export function memberIds(value: Json | undefined): string[] {
  return [...new Set(idsOf(value))];
}

function apply(members: Set<string>, { op, target, value }: PatchOperation, ids: readonly string[]): void {
  if (target.sub !== null) throw invalidValue('members', 'are added and removed, not edited');
  if (target.where !== null) {
    if (op !== 'remove') throw invalidValue('members', 'are added and removed, not edited');
    removeFitting(members, target.where);
    return;
  }
  if (op === 'replace' || (op === 'remove' && (value === undefined || value === null))) members.clear();
  if (op === 'remove') for (const id of ids) members.delete(id);
  else for (const id of ids) members.add(id);
}

/** As Entra takes one member from a group, and perhaps a thousand in a request. */
function isOfOneMember(where: Filter): where is Comparison {
  return where.kind === 'compare' && where.operator === 'eq' && same(where.path.attribute, 'value');
}

function removeFitting(members: Set<string>, where: Filter): void {
  if (isOfOneMember(where)) {
    if (typeof where.value === 'string') members.delete(where.value.toLowerCase());
    return;
  }
  for (const id of members) if (matchesElement(where, { value: id, type: 'User' }, MEMBERS)) members.delete(id);
}

function idsOf(value: Json | undefined): string[] {
  const elements = readValue(MEMBERS, value) ?? [];
  return (Array.isArray(elements) ? elements : [elements]).map((element) => {
    const id = isJsonObject(element) ? element['value'] : undefined;
    if (!isUuid(id)) throw invalidValue('members.value', 'must be the id of a user');
    return id.toLowerCase();
  });
}
