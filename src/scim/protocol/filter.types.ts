import type { AttributePath } from './resource-schema.js';

export type ComparisonOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type FilterValue = string | number | boolean | null;

export interface Comparison {
  kind: 'compare';
  path: AttributePath;
  operator: ComparisonOperator;
  value: FilterValue;
}

export interface Presence {
  kind: 'present';
  path: AttributePath;
}

/** `emails[type eq "work"]`, or with `.value eq "a@b"` behind it, as Entra asks: some element fits, and so does what it has there. */
export interface Elements {
  kind: 'elements';
  path: AttributePath;
  where: Filter;
  also: Comparison | Presence | null;
}

/** A filter (RFC 7644 3.4.2.2) as a tree; it knows nothing of a schema or of SQL. */
export type Filter =
  | Comparison
  | Presence
  | Elements
  | { kind: 'and' | 'or'; terms: Filter[] }
  | { kind: 'not'; term: Filter };
