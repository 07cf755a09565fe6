import type { Change } from '../store/change-log.js';
import { type JsonObject, textOf } from '../store/json.types.js';
import { GraphFailure } from './graph-failure.js';
import type { GraphAnswer, GraphCall } from './graph-route.js';
import { linkTo } from './list-page.js';
import { parseQueryOptions, type QueryOptions, selectMembers } from './query-options.js';
import { USER_DEFAULTS } from './resource-shapes.js';

export type DeltaCollection = 'users' | 'groups' | 'applications' | 'servicePrincipals' | 'oauth2PermissionGrants';

/** What a delta or skip token of a delta query carries. */
interface DeltaToken {
  collection: string;
  /** Everything up to this write is known to the reader (delta token) or will be with the last page (skip token). */
  sequence: number;
  /** Of a skip token: where the first listing, or the list of changes, goes on. */
  offset: number | null;
  /** Of a skip token within changes: the last write that is told; later ones are told after it. */
  until?: number;
  select: string[] | null;
  issuedAt: number;
}

const PAGE = 200;
/** Graph keeps delta tokens of directory objects for seven days (delta-query-overview). */
const TOKEN_LIFETIME_MS = 7 * 86_400_000;

/** A delta query: first everything in pages, later only what changed since the token. */
export function deltaPage(call: GraphCall, collection: DeltaCollection): GraphAnswer {
  const options = parseQueryOptions(call.query, 999);
  for (const unsupported of ['$top', '$orderby', '$expand']) {
    if (call.query.has(unsupported))
      throw new GraphFailure(
        400,
        'Request_UnsupportedQuery',
        `${unsupported} is not supported by delta queries of ${collection}.`,
      );
  }
  const text = options.skipToken ?? options.deltaToken;
  if (text === 'latest') return answer(call, [], { '@odata.deltaLink': deltaLink(call, collection, options.select) });
  if (text === null) return listing(call, collection, newToken(call, collection, 0, options.select));
  const token = readToken(call, collection, text);
  return options.skipToken === null || token.until !== undefined
    ? changesSince(call, collection, token)
    : listing(call, collection, token);
}

function listing(call: GraphCall, collection: DeltaCollection, token: DeltaToken): GraphAnswer {
  const from = token.offset ?? 0;
  const size = pageSize(call);
  const rows = call.state.collections[collection]
    .slice(from, from + size)
    .map((row) => shown(call, collection, row, token.select));
  const more = from + size < call.state.collections[collection].size;
  const next = { ...token, offset: from + size };
  return answer(
    call,
    rows,
    more
      ? { '@odata.nextLink': tokenLink(call, '$skiptoken', next) }
      : { '@odata.deltaLink': tokenLink(call, '$deltatoken', { ...token, offset: null }) },
  );
}

function changesSince(call: GraphCall, collection: DeltaCollection, token: DeltaToken): GraphAnswer {
  const until = token.until ?? call.state.changes.sequence;
  const byId = new Map<string, Change[]>();
  for (const change of call.state.changes.since(token.sequence, collection))
    if (change.sequence <= until) byId.set(change.id, [...(byId.get(change.id) ?? []), change]);
  const from = token.offset ?? 0;
  const size = pageSize(call);
  const rows = [...byId].slice(from, from + size).map(([id, changes]): JsonObject => {
    const row = call.state.collections[collection].get(id);
    // What can be restored has changed; what is gone for good was deleted.
    if (!row) return { id, '@removed': { reason: call.state.deletedItems.has(id) ? 'changed' : 'deleted' } };
    const only = shown(call, collection, row, token.select, false);
    const members = changes.flatMap((change) => change.memberChanges);
    return members.length > 0 && wantsMembers(token.select)
      ? { ...only, 'members@delta': members.map((member) => memberDelta(call, member)) }
      : only;
  });
  const next = { ...token, offset: from + size, until };
  const end = { ...newToken(call, collection, null, token.select), sequence: until };
  return answer(
    call,
    rows,
    byId.size > from + size
      ? { '@odata.nextLink': tokenLink(call, '$skiptoken', next) }
      : { '@odata.deltaLink': tokenLink(call, '$deltatoken', end) },
  );
}

function shown(
  call: GraphCall,
  collection: DeltaCollection,
  row: JsonObject,
  select: string[] | null,
  withMembers = true,
): JsonObject {
  const selected = selectMembers(row, select ?? (collection === 'users' ? USER_DEFAULTS : null));
  const members = call.state.groupMembers.get(textOf(row, 'id')) ?? [];
  if (collection !== 'groups' || !withMembers || !wantsMembers(select) || members.length === 0) return selected;
  return { ...selected, 'members@delta': members.map((id) => memberDelta(call, { id, removed: false })) };
}

function memberDelta(call: GraphCall, member: { id: string; removed: boolean }): JsonObject {
  const type = call.state.directoryCollectionOf(member.id) === 'servicePrincipals' ? 'servicePrincipal' : 'user';
  return {
    '@odata.type': `#microsoft.graph.${type}`,
    id: member.id,
    ...(member.removed ? { '@removed': { reason: 'deleted' } } : {}),
  };
}

function wantsMembers(select: string[] | null): boolean {
  return select?.includes('members') ?? false;
}

function answer(call: GraphCall, value: JsonObject[], link: JsonObject): GraphAnswer {
  return { status: 200, body: { '@odata.context': `${call.baseUrl}/$metadata#${call.path.slice(1)}`, ...link, value } };
}

function deltaLink(call: GraphCall, collection: DeltaCollection, select: string[] | null): string {
  return tokenLink(call, '$deltatoken', newToken(call, collection, null, select));
}

function newToken(
  call: GraphCall,
  collection: DeltaCollection,
  offset: number | null,
  select: QueryOptions['select'],
): DeltaToken {
  return { collection, sequence: call.state.changes.sequence, offset, select, issuedAt: call.state.now().getTime() };
}

function tokenLink(call: GraphCall, name: '$skiptoken' | '$deltatoken', token: DeltaToken): string {
  const text = Buffer.from(JSON.stringify(token)).toString('base64url');
  return linkTo(call, call.path, {
    $skiptoken: null,
    $deltatoken: null,
    $deltaToken: null,
    $select: null,
    [name]: text,
  });
}

function readToken(call: GraphCall, collection: DeltaCollection, text: string): DeltaToken {
  try {
    const token: DeltaToken = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const fresh =
      call.state.now().getTime() - token.issuedAt < TOKEN_LIFETIME_MS && !call.state.changes.isStale(token.sequence);
    if (token.collection === collection && fresh) return token;
    if (token.collection !== collection) throw new SyntaxError('token of another collection');
  } catch (error) {
    if (error instanceof GraphFailure || !(error instanceof SyntaxError)) throw error;
    throw new GraphFailure(400, 'Request_BadRequest', 'Badly formed token.');
  }
  throw new GraphFailure(
    410,
    'syncStateNotFound',
    'The sync state generation is not found; a full synchronisation is needed.',
    { location: `${call.baseUrl}${call.path}?$deltatoken=` },
  );
}

function pageSize(call: GraphCall): number {
  const wanted = /odata\.maxpagesize=(\d+)/.exec(String(call.headers['prefer'] ?? ''))?.[1];
  return wanted ? Math.min(Math.max(Number(wanted), 1), 999) : PAGE;
}
