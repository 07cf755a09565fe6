import { type Actor, appActor, userActor } from '../audit/actor.js';
import { sevenDigits } from '../audit/audit-event.js';
import type { TokenIssuer } from '../entra/token-issuer.js';
import { batchItemFault } from '../faults/apply-faults.js';
import type { FaultRegistry } from '../faults/fault-registry.js';
import { type DemoReply, type DemoRequest, emptyReply, jsonReply, parseBody } from '../http/exchange.js';
import { isJsonObject, type Json, type JsonObject, objectsOf, textOf, textsOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { badRequest, GraphFailure } from './graph-failure.js';
import { type GraphAnswer, type GraphRoute, RouteTable } from './graph-route.js';
import { READ_ROUTES } from './read-routes.js';
import type { Throttle } from './throttle.js';
import { WRITE_ROUTES } from './write-routes.js';

/** Routes are below v1.0; the few that Graph has in beta only keep that in their path. */
export const GRAPH_PATH = /^(?:\/graph)?(?:\/v1\.0(\/.*)|(\/beta\/.*))$/;
const BATCH_LIMIT = 20;
const CACHED_CALLERS = 200;

/** Who calls, by which application, and what that application may do. */
interface Caller {
  actor: Actor;
  applicationId: string;
  /** Null for a person's token: people may do everything here. */
  roles: string[] | null;
  expiresAt: number;
}

/** Microsoft Graph v1.0 of the demo tenant: authentication, permissions, throttling, batches and the routes themselves. */
export class GraphApi {
  private readonly routes = new RouteTable([...READ_ROUTES, ...WRITE_ROUTES]);
  private readonly callers = new Map<string, Caller>();

  constructor(
    private readonly state: () => TenantState,
    private readonly tokens: TokenIssuer,
    private readonly throttle: Throttle,
    private readonly faults: FaultRegistry,
    private readonly baseUrl: () => string,
  ) {}

  handle(request: DemoRequest): DemoReply {
    const found = GRAPH_PATH.exec(request.path);
    const path = found?.[1] ?? found?.[2] ?? '/';
    try {
      const caller = this.authenticate(request);
      if (path === '/$batch') return this.batch(request, caller);
      return this.answer(request, path, caller);
    } catch (error) {
      return this.failure(error, request);
    }
  }

  private answer(request: DemoRequest, path: string, caller: Caller): DemoReply {
    const normal = normalisePath(path);
    const found = this.routes.find(request.method, normal);
    if (found === 'no such path')
      throw new GraphFailure(400, 'BadRequest', `Resource not found for the segment '${normal.split('/')[1] ?? ''}'.`);
    if (found === 'no such method')
      throw new GraphFailure(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
    const { route, params } = found;
    authorise(route, caller);
    const headers = this.throttle.admit(caller.applicationId, costOf(route, request.query), route.throttle);
    const body = parseBody(request.body);
    if (typeof body === 'string') throw badRequest(body);
    const answer = route.handle({
      state: this.state(),
      actor: caller.actor,
      params,
      query: request.query,
      headers: request.headers,
      body,
      baseUrl: this.baseUrl(),
      path: normal,
    });
    return toReply(answer, headers);
  }

  /** Up to twenty requests in one; the batch is answered 200 whatever becomes of its items (json-batching). */
  private batch(request: DemoRequest, caller: Caller): DemoReply {
    const body = parseBody(request.body);
    const items = typeof body === 'string' ? [] : objectsOf(body, 'requests');
    if (request.method !== 'POST' || items.length === 0) throw badRequest('Invalid batch payload format.');
    if (items.length > BATCH_LIMIT)
      throw badRequest(`Number of batch request steps exceeds the maximum value of ${BATCH_LIMIT}.`);
    if (new Set(items.map((item) => item['id'])).size !== items.length)
      throw badRequest('The ids of the batch requests are not unique.');
    const statuses = new Map<string, number>();
    const responses = items.map((item): JsonObject => {
      const reply = textsOf(item, 'dependsOn').some((id) => (statuses.get(id) ?? 424) >= 400)
        ? this.failure(new GraphFailure(424, 'FailedDependency', 'A request that this one depends on failed.'), request)
        : this.batchItem(item, request, caller);
      statuses.set(textOf(item, 'id'), reply.status);
      return {
        id: item['id'] ?? null,
        status: reply.status,
        headers: reply.headers,
        ...(reply.body ? { body: itemBody(reply) } : {}),
      };
    });
    return jsonReply({ responses });
  }

  private batchItem(item: JsonObject, outer: DemoRequest, caller: Caller): DemoReply {
    try {
      const url = new URL(textOf(item, 'url'), 'https://localhost');
      const method = textOf(item, 'method').toUpperCase();
      const path = decodeURIComponent(url.pathname);
      const fault = batchItemFault(this.faults, method, path);
      if (fault) return fault;
      const body = isJsonObject(item['body']) ? JSON.stringify(item['body']) : '';
      return this.answer({ ...outer, method, path, query: url.searchParams, body }, path, caller);
    } catch (error) {
      return this.failure(error, outer);
    }
  }

  private authenticate(request: DemoRequest): Caller {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new GraphFailure(401, 'InvalidAuthenticationToken', 'Access token is empty.');
    const known = this.callers.get(token);
    if (known && known.expiresAt > this.state().now().getTime() / 1000) return known;
    const claims = this.tokens.verify(token);
    if (typeof claims === 'string') throw new GraphFailure(401, 'InvalidAuthenticationToken', claims);
    if (claims['aud'] !== 'https://graph.microsoft.com')
      throw new GraphFailure(401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.');
    const caller = this.callerOf(claims, request.remoteAddress);
    if (this.callers.size > CACHED_CALLERS) this.callers.clear();
    this.callers.set(token, caller);
    return caller;
  }

  private callerOf(claims: JsonObject, remoteAddress: string): Caller {
    const applicationId = textOf(claims, 'appid');
    const expiresAt = Number(claims['exp']);
    if (claims['idtyp'] === 'app')
      return {
        actor: appActor(this.state(), applicationId),
        applicationId,
        roles: textsOf(claims, 'roles'),
        expiresAt,
      };
    if (!this.state().collections.users.has(textOf(claims, 'oid')))
      throw new GraphFailure(401, 'InvalidAuthenticationToken', 'The user of the access token does not exist.');
    return {
      actor: userActor(this.state(), textOf(claims, 'oid'), remoteAddress),
      applicationId,
      roles: null,
      expiresAt,
    };
  }

  /** Forgets who was seen with which token: after keys were rotated away or a state was loaded. */
  forgetCallers(): void {
    this.callers.clear();
  }

  private failure(error: unknown, request: DemoRequest): DemoReply {
    const known =
      error instanceof GraphFailure
        ? error
        : new GraphFailure(500, 'InternalServerError', `The demo tenant failed: ${String(error)}`);
    const requestId = request.headers['client-request-id'];
    const innerError: JsonObject = {
      date: sevenDigits(this.state().now()).slice(0, 19),
      'request-id': this.state().ids.guid(),
      'client-request-id': typeof requestId === 'string' ? requestId : '',
    };
    return jsonReply({ error: { code: known.code, message: known.message, innerError } }, known.status, known.headers);
  }
}

function authorise(route: GraphRoute, caller: Caller): void {
  if (caller.roles === null || route.permissions.some((permission) => caller.roles?.includes(permission))) return;
  throw new GraphFailure(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

/** Resource units: selecting makes a call cheaper, expanding dearer, a small page cheaper (throttling-limits). */
function costOf(route: GraphRoute, query: URLSearchParams): number {
  const top = Number(query.get('$top') ?? Number.NaN);
  return Math.max(
    1,
    (route.cost ?? 1) - (query.has('$select') ? 1 : 0) + (query.has('$expand') ? 1 : 0) - (top < 20 ? 1 : 0),
  );
}

/** `/users('id')` is `/users/id`; the key by application id stays one segment; a slash at the end means nothing. */
function normalisePath(path: string): string {
  return path
    .replace(/\('([^'=]+)'\)/g, '/$1')
    .replace(/(\(appId='[^']+'\))/i, '/$1')
    .replace(/\/microsoft\.graph\./gi, '/')
    .replace(/(?<=.)\/$/, '');
}

function toReply(answer: GraphAnswer, headers: Record<string, string>): DemoReply {
  if (answer.body === undefined) return emptyReply(answer.status, headers);
  if (typeof answer.body === 'string')
    return { status: answer.status, headers: { 'content-type': 'text/plain', ...headers }, body: answer.body };
  return jsonReply(answer.body, answer.status, headers);
}

/** JSON bodies stand in the batch as they are, anything else as base64. */
function itemBody(reply: DemoReply): Json {
  return (reply.headers['content-type'] ?? '').includes('json')
    ? JSON.parse(reply.body)
    : Buffer.from(reply.body).toString('base64');
}
