import type { Json } from '../../crypto/canonical-json.js';
import type { ComparisonOperator, FilterValue } from './filter.types.js';
import type { AttributeDefinition } from './resource-schema.js';

/** Compares one value with that of a filter, as the attribute's type wants it. What can't be compared doesn't fit. */
export function compareValues(
  operator: Exclude<ComparisonOperator, 'ne'> | ComparisonOperator,
  held: Json | undefined,
  wanted: FilterValue,
  { type, caseExact }: AttributeDefinition,
): boolean {
  if (held === undefined || held === null) return operator === 'eq' && wanted === null;
  if (type === 'boolean') return operator === 'eq' && held === asBoolean(wanted);
  if (typeof held !== 'string' || typeof wanted !== 'string') return operator === 'eq' && held === wanted;
  if (type === 'dateTime') return ordered(operator, Date.parse(held), Date.parse(wanted));
  const [left, right] = caseExact ? [held, wanted] : [held.toLowerCase(), wanted.toLowerCase()];
  switch (operator) {
    case 'co':
      return left.includes(right);
    case 'sw':
      return left.startsWith(right);
    case 'ew':
      return left.endsWith(right);
    default:
      return ordered(operator, left, right);
  }
}

/** Entra writes booleans as text, beginning with a capital. */
export function asBoolean(value: Json): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return text === 'true' || text === 'false' ? text === 'true' : null;
}

function ordered<V extends string | number>(operator: ComparisonOperator, left: V, right: V): boolean {
  switch (operator) {
    case 'eq':
      return left === right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
    default:
      return false;
  }
}
