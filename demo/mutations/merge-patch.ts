import { isJsonObject, type Json, type JsonObject } from '../store/json.types.js';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A new object with `patch` laid over `base`: objects are merged member by member, everything else is replaced. */
export function mergePatch(base: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [member, value] of Object.entries(patch)) {
    if (FORBIDDEN.has(member)) continue;
    const before = merged[member];
    merged[member] = isJsonObject(before) && isJsonObject(value) ? mergePatch(before, value) : clone(value);
  }
  return merged;
}

/** The members of `after` that differ from `before`, at the top. */
export function changedMembers(before: JsonObject, after: JsonObject): string[] {
  return Object.keys(after).filter((member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]));
}

function clone(value: Json): Json {
  return structuredClone(value);
}
