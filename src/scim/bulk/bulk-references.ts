import type { Json } from '../../crypto/canonical-json.js';

/** Characters of a bulkId. */
export const MAX_BULK_ID_LENGTH = 200;

const REFERENCE = new RegExp(`^bulkId:(.{1,${MAX_BULK_ID_LENGTH}})$`, 's');

/** The bulkIds that a value refers to (RFC 7644 3.7.2). */
export function referencesIn(value: Json): string[] {
  if (typeof value === 'string') return REFERENCE.exec(value)?.slice(1, 2) ?? [];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(referencesIn);
}

/** The value with ids in the place of references to what was made; others stay. */
export function withReferences(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') {
    const [reference] = referencesIn(value);
    return (reference === undefined ? undefined : ids.get(reference)) ?? value;
  }
  if (Array.isArray(value)) return value.map((element) => withReferences(element, ids));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withReferences(member, ids)]));
}
