import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { compareValues } from './compare-values.js';
import type { Comparison, Filter, Presence } from './filter.types.js';
import { isJsonObject, memberOf } from './json-members.js';
import { type AttributeDefinition, named, type ResourceSchema, resolveAttribute } from './resource-schema.js';

/** Whether a resource fits; attributes that the schema doesn't know are absent from every resource. */
export function matchesFilter(filter: Filter, resource: JsonObject, schema: ResourceSchema): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.terms.every((term) => matchesFilter(term, resource, schema));
    case 'or':
      return filter.terms.some((term) => matchesFilter(term, resource, schema));
    case 'not':
      return !matchesFilter(filter.term, resource, schema);
    default: {
      const resolved = resolveAttribute(schema, filter.path);
      if (resolved?.attribute == null) return filter.kind === 'compare' && holdsWhenAbsent(filter);
      const { extension, attribute, sub } = resolved;
      const holder = extension === null ? resource : memberOf(resource, extension);
      const held = isJsonObject(holder) ? memberOf(holder, attribute.name) : undefined;
      if (filter.kind !== 'elements') return test(filter, held, attribute, sub);
      const { where, also } = filter;
      return elementsOf(held).some(
        (element) =>
          matchesElement(where, element, attribute) && (also === null || matchesElement(also, element, attribute)),
      );
    }
  }
}

/** Whether one element of a multi-valued attribute fits the filter in brackets. */
export function matchesElement(filter: Filter, element: Json, attribute: AttributeDefinition): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.terms.every((term) => matchesElement(term, element, attribute));
    case 'or':
      return filter.terms.some((term) => matchesElement(term, element, attribute));
    case 'not':
      return !matchesElement(filter.term, element, attribute);
    case 'elements':
      return false;
    default: {
      const sub = named(attribute.subAttributes ?? [], filter.path.attribute);
      if (sub === undefined) return filter.kind === 'compare' && holdsWhenAbsent(filter);
      return test(filter, isJsonObject(element) ? memberOf(element, sub.name) : undefined, sub, null);
    }
  }
}

function test(
  filter: Comparison | Presence,
  held: Json | undefined,
  attribute: AttributeDefinition,
  sub: AttributeDefinition | null,
): boolean {
  // A complex attribute is compared by its value (RFC 7644 3.4.2.2, "emails co").
  const leaf = sub ?? named(attribute.subAttributes ?? [], 'value') ?? attribute;
  const values = elementsOf(held).map((element) =>
    isJsonObject(element) && leaf !== attribute ? memberOf(element, leaf.name) : element,
  );
  if (filter.kind === 'present') return values.some(isPresent);
  const { operator, value } = filter;
  if (values.length === 0) return holdsWhenAbsent(filter);
  if (operator === 'ne') return !values.some((held) => compareValues('eq', held, value, leaf));
  return values.some((held) => compareValues(operator, held, value, leaf));
}

/** An attribute that is absent equals null and differs from everything else (RFC 7643 2.5). */
function holdsWhenAbsent({ operator, value }: Comparison): boolean {
  return (operator === 'eq') === (value === null) && (operator === 'eq' || operator === 'ne');
}

export function elementsOf(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isPresent(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}
