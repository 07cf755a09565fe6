import { mergePatch } from '../mutations/merge-patch.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { CollectionName, SingletonName, TenantState } from '../store/tenant-state.js';
import { replaceAll } from './replace-all.js';

const LISTS: Record<string, CollectionName> = {
  conditionalAccessPolicy: 'conditionalAccessPolicies',
  namedLocation: 'namedLocations',
  authenticationStrengthPolicy: 'authenticationStrengthPolicies',
  authenticationMethodConfiguration: 'authenticationMethodConfigurations',
};
const ONES: Record<string, SingletonName> = {
  authorizationPolicy: 'authorizationPolicy',
  securityDefaults: 'identitySecurityDefaultsEnforcementPolicy',
};
/** Members that the normal form keeps as a set and Graph sends as text with commas. */
const DELIMITED = new Set(['transferMethods', 'guestOrExternalUserTypes', 'agentIdRiskLevels', 'insiderRiskLevels']);
/** Lists that the normal form keeps by the id of their elements. */
const KEYED = new Set(['includeTargets', 'excludeTargets', 'combinationConfigurations', 'certificateUserBindings']);

/**
 * Loads the policies of a snapshot in the product's own form (newline-delimited JSON: a header, then one object a line). Types whose
 * normal form can't be turned back into Graph's are left as they are in the tenant.
 */
export function importSnapshot(state: TenantState, text: string): Record<string, number> {
  const rows = new Map<string, JsonObject[]>();
  for (const [position, line] of text.split('\n').entries()) {
    if (position === 0 || line.trim() === '') continue;
    const row = parseLine(line, position + 1);
    const type = textOf(row, 'resourceType');
    const value = isJsonObject(row['value']) ? row['value'] : {};
    rows.set(type, [...(rows.get(type) ?? []), toGraph(value, textOf(row, 'key'))]);
  }
  const loaded: Record<string, number> = {};
  for (const [type, objects] of rows) {
    const list = LISTS[type];
    const one = ONES[type];
    if (list) replaceAll(state, list, objects);
    else if (one) state.singletons[one] = mergePatch(state.singletons[one], objects[0] ?? {});
    else continue;
    loaded[type] = objects.length;
  }
  if (Object.keys(loaded).length === 0) throw new Error('The snapshot carries no type that the demo tenant can load.');
  return loaded;
}

function toGraph(value: JsonObject, key: string): JsonObject {
  const graph = undo(value);
  return { ...(isJsonObject(graph) ? graph : {}), id: key };
}

function undo(value: Json): Json {
  if (Array.isArray(value)) return value.map(undo);
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [member, content] of Object.entries(value)) {
    if (DELIMITED.has(member) && Array.isArray(content)) result[member] = content.join(',');
    else if (KEYED.has(member) && isJsonObject(content)) result[member] = Object.values(content).map(undo);
    else result[member] = undo(content);
  }
  return result;
}

function parseLine(line: string, number: number): JsonObject {
  try {
    const parsed: Json = JSON.parse(line);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Told below, with the line's number.
  }
  throw new Error(`Line ${number} of the snapshot is not a JSON object.`);
}
