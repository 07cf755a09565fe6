import type { JsonObject } from '../crypto/canonical-json.js';
import { matchesFilter } from './protocol/evaluate-filter.js';
import { type Condition, narrowFilter } from './protocol/narrow-filter.js';
import type { ScimQuery } from './protocol/read-query.js';
import type { ResourceSchema } from './protocol/resource-schema.js';
import { scimError } from './scim.errors.js';

/** Resources that a filter which no index answers is compared with. */
export const MAX_COMPARED = 10_000;
/** Held in memory at once, and compared before others get their turn. */
const COMPARED_AT_ONCE = 100;

/** Where resources of a kind lie; the tenant is fixed. */
export interface ResourceStore<Key extends string> {
  schema: ResourceSchema;
  keys: readonly Key[];
  count(conditions: readonly Condition<Key>[]): Promise<number>;
  /** In the order of creation. @param from how many to leave out, or the id after which to begin */
  read(conditions: readonly Condition<Key>[], from: number | string, limit: number): Promise<JsonObject[]>;
}

/**
 * A page of what fits, and how many there are.
 *
 * @throws DomainError scim.too_many
 */
export async function searchResources<Key extends string>(
  store: ResourceStore<Key>,
  { filter, page }: ScimQuery,
): Promise<{ resources: JsonObject[]; total: number }> {
  const offset = page.startIndex - 1;
  const narrowed = filter === null ? { conditions: [], isExact: true } : narrowFilter(filter, store.schema, store.keys);
  const candidates = await store.count(narrowed.conditions);
  if (filter === null || narrowed.isExact) {
    const resources = page.count === 0 ? [] : await store.read(narrowed.conditions, offset, page.count);
    return { resources, total: candidates };
  }
  if (candidates > MAX_COMPARED) {
    throw scimError('scim.too_many', {
      detail: `Narrow it down to ${MAX_COMPARED} resources by an indexed attribute.`,
    });
  }
  const resources: JsonObject[] = [];
  let total = 0;
  let from: number | string = 0;
  for (let compared = 0; compared < MAX_COMPARED; compared += COMPARED_AT_ONCE) {
    const some: JsonObject[] = await store.read(narrowed.conditions, from, COMPARED_AT_ONCE);
    for (const one of some) {
      if (!matchesFilter(filter, one, store.schema)) continue;
      if (total >= offset && resources.length < page.count) resources.push(one);
      total += 1;
    }
    const last = some.at(-1)?.['id'];
    if (some.length < COMPARED_AT_ONCE || typeof last !== 'string') break;
    from = last;
  }
  return { resources, total };
}
