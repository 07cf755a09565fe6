import type { Json, JsonObject } from '../../crypto/canonical-json.js';

/** Names that would reach into JavaScript's own objects; no schema has one of them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The member of that name in any case (RFC 7643 2.1), if the object itself has it. */
export function memberOf(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(object)) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

/** The members that can be meant. */
export function entriesOf(object: JsonObject): [string, Json][] {
  return Object.entries(object).filter(([name]) => !FORBIDDEN.has(name));
}
