import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, member, setMember, tokensOf } from '../normalise/json-members.js';
import { segment } from '../resource-types/remediation-parts.js';
import type { Lookup } from '../resource-types/remediation-way.types.js';
import type { PlannedRequest } from './remediation-plan.types.js';

/** What requests are sent with. Paths are below the API root; `/beta/…` is below the beta version. */
export interface GraphWriter {
  /** The objects of a list that fit, of all its pages, and no more than two: a second one says that it is none. */
  find(path: string, fits: (object: JsonObject) => boolean): Promise<JsonObject[]>;
  /** Null where the answer has no body. */
  send(method: PlannedRequest['method'], path: string, body: JsonObject | null): Promise<JsonObject | null>;
}

/** What a plan needs and the tenant doesn't have, or has twice. The message is for people. */
export class UnresolvedRequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnresolvedRequestError';
  }
}

/**
 * Sends one request of a plan: its ids are read first, and the ids that earlier requests gave are in `given`, to which this one
 * adds its own.
 *
 * @throws UnresolvedRequestError before anything was sent; whatever the writer throws
 */
export async function performRequest(
  request: PlannedRequest,
  writer: GraphWriter,
  given: Map<string, string>,
): Promise<void> {
  const found = new Map(given);
  for (const lookup of request.lookups) found.set(lookup.name, await idOf(lookup, writer));
  const path = request.path.replace(/\{(\w+)\}/g, (_whole, name: string) => segment(known(found, name)));
  const body = request.body === null ? null : substituted(request, given);
  const answer = await writer.send(request.method, request.version === 'beta' ? `/beta${path}` : path, body);
  if (request.gives === null) return;
  const id = member(answer ?? undefined, 'id');
  if (typeof id !== 'string') throw new UnresolvedRequestError('the answer names no id for what was made');
  given.set(request.gives, id);
}

async function idOf({ path, where, member: name }: Lookup, writer: GraphWriter): Promise<string> {
  const wanted = Object.entries(where);
  const [only, second] = await writer.find(path, (one) =>
    wanted.every(([pointer, value]) => isSame(at(one, pointer), value)),
  );
  if (only === undefined) throw new UnresolvedRequestError(`what the request is about isn't in ${path.split('?')[0]}`);
  if (second !== undefined)
    throw new UnresolvedRequestError(`what the request is about is in ${path.split('?')[0]} more than once`);
  const id = member(only, name);
  if (typeof id !== 'string') throw new UnresolvedRequestError(`it has no ${name}`);
  return id;
}

function isSame(found: Json | undefined, wanted: Lookup['where'][string]): boolean {
  if (wanted === null) return found === undefined || found === null;
  if (!Array.isArray(wanted)) return found === wanted;
  if (!Array.isArray(found) || new Set(found).size !== wanted.length) return false;
  return wanted.every((one) => found.includes(one));
}

function known(found: ReadonlyMap<string, string>, name: string): string {
  const id = found.get(name);
  if (id === undefined) throw new UnresolvedRequestError(`an earlier request was to give ${name} and didn't`);
  return id;
}

function substituted({ body, substitutions }: PlannedRequest, given: ReadonlyMap<string, string>): JsonObject {
  const out = structuredClone(body ?? {});
  for (const { pointer, name } of substitutions) setAt(out, tokensOf(pointer), known(given, name));
  return out;
}

function setAt(target: Json | undefined, tokens: string[], id: string): void {
  const [name, ...rest] = tokens;
  if (name === undefined) return;
  if (rest.length > 0) setAt(Array.isArray(target) ? target[Number(name)] : member(target, name), rest, id);
  else if (Array.isArray(target)) target[Number(name)] = id;
  else if (isObject(target)) setMember(target, name, id);
}
