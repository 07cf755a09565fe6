import type { Json, JsonObject } from '../store/json.types.js';
import { type Predicate, parseFilter } from './filter-expression.js';
import { badRequest, GraphFailure } from './graph-failure.js';

/** OData's options of one request, checked as Graph checks them. */
export interface QueryOptions {
  select: string[] | null;
  /** Relations to expand, by name. */
  expand: string[];
  /** What is selected of an expanded relation; all of it when absent. */
  expandSelect: ReadonlyMap<string, string[]>;
  filter: Predicate | null;
  orderBy: { member: string; descending: boolean } | null;
  top: number | null;
  count: boolean;
  skipToken: string | null;
  deltaToken: string | null;
}

export function parseQueryOptions(query: URLSearchParams, maxTop: number): QueryOptions {
  const filter = query.get('$filter');
  const expanded = splitOutsideParentheses(query.get('$expand') ?? '');
  const [member, direction] = (query.get('$orderby') ?? '').trim().split(/\s+/);
  return {
    select: list(query.get('$select')),
    expand: expanded.map((part) => part.replace(/\(.*$/s, '').trim()),
    expandSelect: new Map(
      expanded.flatMap((part): [string, string[]][] => {
        const [, name, selected] = /^\s*(\w+)\(.*?\$select=([\w,]+)/.exec(part) ?? [];
        return name === undefined ? [] : [[name, list(selected ?? null) ?? []]];
      }),
    ),
    filter: filter ? parseFilter(filter) : null,
    orderBy: member ? { member, descending: direction === 'desc' } : null,
    top: parseTop(query.get('$top'), maxTop),
    count: query.get('$count') === 'true',
    skipToken: query.get('$skiptoken'),
    deltaToken: query.get('$deltatoken') ?? query.get('$deltaToken'),
  };
}

/** Keeps the selected members; `id` and OData's own members always stay. */
export function selectMembers(row: JsonObject, select: string[] | null): JsonObject {
  if (!select) return row;
  const kept: JsonObject = {};
  for (const member of Object.keys(row)) {
    if (member === 'id' || member.startsWith('@odata') || select.includes(member)) kept[member] = row[member] ?? null;
  }
  for (const member of select)
    if (!Object.hasOwn(kept, member) && Object.hasOwn(row, member)) kept[member] = row[member] ?? null;
  return kept;
}

export function sortRows(rows: JsonObject[], order: QueryOptions['orderBy']): JsonObject[] {
  if (!order) return rows;
  const sign = order.descending ? -1 : 1;
  return rows.toSorted((a, b) => sign * textOrder(a[order.member], b[order.member]));
}

function textOrder(a: Json | undefined, b: Json | undefined): number {
  const [left, right] = [String(a ?? ''), String(b ?? '')];
  return left < right ? -1 : left > right ? 1 : 0;
}

function parseTop(text: string | null, maxTop: number): number | null {
  if (text === null) return null;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 0) throw badRequest(`Invalid value '${text}' for $top query option found.`);
  if (top < 1 || top > maxTop) {
    throw new GraphFailure(
      400,
      'Request_UnsupportedQuery',
      `Invalid page size specified: '${top}'. Must be between 1 and ${maxTop} inclusive.`,
    );
  }
  return top;
}

function list(text: string | null): string[] | null {
  const parts = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return parts.length > 0 ? parts : null;
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += letter;
  }
  return [...parts, current].filter((part) => part.trim() !== '');
}
