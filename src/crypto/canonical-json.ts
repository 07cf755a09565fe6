/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/**
 * Canonical JSON text: object names sorted by UTF-16 code unit, no white space, numbers and strings as ECMAScript writes
 * them (RFC 8785 3.2). Two values are equal exactly when their canonical texts are. A lone surrogate is written as its
 * \u escape, as JSON.stringify does, where RFC 8785 would refuse the value: a tenant must not be able to stop a scan with a
 * display name.
 *
 * @throws RangeError when the value nests deeper than 500 levels
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

const MAX_DEPTH = 500;
/** Names that are sorted by moving them to their places: most are there, and Array.sort costs more than writing them. */
const FEW_NAMES = 16;

function write(value: Json, depth: number): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (depth > MAX_DEPTH) throw new RangeError(`JSON nests deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    let out = '[';
    for (let i = 0; i < value.length; i++) out += (i === 0 ? '' : ',') + write(value[i] ?? null, depth + 1);
    return `${out}]`;
  }
  let out = '{';
  let first = true;
  for (const name of sorted(Object.keys(value))) {
    const member = value[name];
    if (member === undefined) continue;
    out += `${first ? '' : ','}${JSON.stringify(name)}:${write(member, depth + 1)}`;
    first = false;
  }
  return `${out}}`;
}

/** In place, by UTF-16 code unit. */
function sorted(names: string[]): string[] {
  if (names.length > FEW_NAMES) return names.sort();
  for (let next = 1; next < names.length; next++) {
    const name = names[next] as string;
    let at = next;
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string;
    names[at] = name;
  }
  return names;
}
