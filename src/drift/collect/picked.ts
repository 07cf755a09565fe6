import type { JsonObject } from '../../crypto/canonical-json.js';

/** Some members of an object, those that it has. */
export function picked(raw: JsonObject, names: readonly string[]): JsonObject {
  const out: JsonObject = {};
  for (const name of names) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value !== undefined) out[name] = value;
  }
  return out;
}
