import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';

/** A key of several members, for objects whose Graph id doesn't last; null when one of them is missing. */
export function tupleKey(raw: JsonObject, names: string[]): string | null {
  const parts = names.map((name) => text(raw, name));
  return parts.includes(null) ? null : parts.join('|');
}
