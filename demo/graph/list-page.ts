import type { Collection } from '../store/collection.js';
import type { JsonObject } from '../store/json.types.js';
import { badRequest, GraphFailure } from './graph-failure.js';
import type { GraphAnswer, GraphCall } from './graph-route.js';
import { parseQueryOptions, type QueryOptions, selectMembers, sortRows } from './query-options.js';

/** How the rows of a list are shown. */
export interface ListShape {
  /** Graph's name of the type, for `$metadata` and messages. */
  type: string;
  defaultPage?: number;
  maxTop?: number;
  /** Members that Graph sends when nothing is selected; all when absent. */
  defaultSelect?: string[];
  /** Members that may be selected; anything may when absent. */
  selectable?: ReadonlySet<string>;
  /** A row as Graph shows it, with what is expanded. */
  present?: (row: JsonObject, options: QueryOptions) => JsonObject;
}

const DEFAULT_PAGE = 100;
const MAX_TOP = 999;

/** One page of a list, with an opaque next link where there is more. */
export function listPage(call: GraphCall, rows: Collection | JsonObject[], shape: ListShape): GraphAnswer {
  const options = parseQueryOptions(call.query, shape.maxTop ?? MAX_TOP);
  checkSelect(options, shape);
  const present = (row: JsonObject) => shape.present?.(row, options) ?? row;
  const size = options.top ?? shape.defaultPage ?? DEFAULT_PAGE;
  const from = offsetOf(options.skipToken, call.path);
  const whole = options.filter || options.orderBy || Array.isArray(rows);
  const all = whole
    ? sortRows(
        [...(Array.isArray(rows) ? rows : rows.values())].map(present).filter(options.filter ?? (() => true)),
        options.orderBy,
      )
    : null;
  const total = all ? all.length : (rows as Collection).size;
  const page = all ? all.slice(from, from + size) : (rows as Collection).slice(from, from + size).map(present);
  const more = from + size < total;
  return {
    status: 200,
    body: {
      '@odata.context': `${call.baseUrl}/$metadata#${call.path.slice(1)}`,
      ...(options.count ? { '@odata.count': total } : {}),
      ...(more ? { '@odata.nextLink': nextLink(call, from + size) } : {}),
      value: page.map((row) => selectMembers(row, selectedOf(options, shape))),
    },
  };
}

/** One object of a list. */
export function oneObject(call: GraphCall, row: JsonObject, shape: ListShape): GraphAnswer {
  const options = parseQueryOptions(call.query, MAX_TOP);
  checkSelect(options, shape);
  const shown = shape.present?.(row, options) ?? row;
  return {
    status: 200,
    body: {
      '@odata.context': `${call.baseUrl}/$metadata#${shape.type}/$entity`,
      ...selectMembers(shown, selectedOf(options, shape)),
    },
  };
}

/** An absolute link to the same request with other options, as Graph writes it. */
export function linkTo(call: GraphCall, path: string, change: Record<string, string | null>): string {
  const query = new URLSearchParams(call.query);
  for (const [name, value] of Object.entries(change)) value === null ? query.delete(name) : query.set(name, value);
  return `${call.baseUrl}${path}?${query.toString().replaceAll('%24', '$')}`;
}

function nextLink(call: GraphCall, offset: number): string {
  return linkTo(call, call.path, {
    $skiptoken: Buffer.from(JSON.stringify({ offset, path: call.path })).toString('base64url'),
  });
}

function offsetOf(token: string | null, path: string): number {
  if (token === null) return 0;
  try {
    const parsed: { offset?: unknown; path?: unknown } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(parsed.offset) && parsed.path === path) return Number(parsed.offset);
  } catch {
    // An unreadable token gets the same answer as a foreign one.
  }
  throw new GraphFailure(
    400,
    'Directory_ExpiredPageToken',
    'The specified page token value has expired and can no longer be included in your request.',
  );
}

function selectedOf(options: QueryOptions, shape: ListShape): string[] | null {
  const selected = options.select ?? shape.defaultSelect ?? null;
  return selected && [...selected, ...options.expand];
}

function checkSelect(options: QueryOptions, shape: ListShape): void {
  const { selectable } = shape;
  const unknown = selectable && options.select?.find((member) => !selectable.has(member) && member !== '*');
  if (unknown)
    throw badRequest(`Could not find a property named '${unknown}' on type 'microsoft.graph.${shape.type}'.`);
}
