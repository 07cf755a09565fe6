import { asBoolean } from './compare-values.js';
import type { Comparison, Filter } from './filter.types.js';
import { named, type ResourceSchema, resolveAttribute } from './resource-schema.js';

/** A comparison that the database can answer by an index: `userName eq`, `meta.lastModified gt`. */
export interface Condition<Key extends string> {
  key: Key;
  value: string;
}

export interface NarrowedFilter<Key extends string> {
  /** All of them hold for everything that fits the filter. */
  conditions: Condition<Key>[];
  /** Whether everything for which they hold fits. */
  isExact: boolean;
}

/** What of a filter the database can answer; the rest has to be looked at one by one. */
export function narrowFilter<Key extends string>(
  filter: Filter,
  schema: ResourceSchema,
  keys: readonly Key[],
): NarrowedFilter<Key> {
  if (filter.kind === 'and') {
    const parts = filter.terms.map((term) => narrowFilter(term, schema, keys));
    return {
      conditions: parts.flatMap(({ conditions }) => conditions),
      isExact: parts.every(({ isExact }) => isExact),
    };
  }
  const comparison = filter.kind === 'elements' ? insideOf(filter) : filter.kind === 'compare' ? filter : null;
  const condition = comparison === null ? null : conditionOf(comparison, schema, keys);
  return condition === null ? { conditions: [], isExact: false } : { conditions: [condition], isExact: true };
}

/** `members[value eq "id"]` is `members.value eq "id"`. */
function insideOf(filter: Filter & { kind: 'elements' }): Comparison | null {
  const { path, where, also } = filter;
  if (also !== null || where.kind !== 'compare' || where.operator !== 'eq' || path.sub !== null) return null;
  return { ...where, path: { ...path, sub: where.path.attribute } };
}

function conditionOf<Key extends string>(
  { path, operator, value }: Comparison,
  schema: ResourceSchema,
  keys: readonly Key[],
): Condition<Key> | null {
  const resolved = resolveAttribute(schema, path);
  if (resolved?.attribute == null || resolved.extension !== null) return null;
  const { attribute } = resolved;
  const leaf = resolved.sub ?? named(attribute.subAttributes ?? [], 'value');
  const name = leaf === null || leaf === undefined ? attribute.name : `${attribute.name}.${leaf.name}`;
  const key = keys.find((known) => known === `${name} ${operator}`);
  const text = attribute.type === 'boolean' ? asBoolean(value)?.toString() : value;
  return key === undefined || typeof text !== 'string' ? null : { key, value: text };
}
