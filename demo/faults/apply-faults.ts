import { type DemoReply, type DemoRequest, jsonReply } from '../http/exchange.js';
import { mergePatch } from '../mutations/merge-patch.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { Fault, FaultRegistry } from './fault-registry.js';

const INSTEAD = ['throttle', 'status', 'html', 'body', 'hang', 'close'] as const;
const AFTERWARDS = ['truncate', 'cut', 'foreignNextLink', 'loopNextLink', 'slow', 'huge', 'overlay', 'flap'] as const;
const HUGE_BYTES = 64 * 1024 * 1024;
const HTML_PAGE =
  '<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h1>Service unavailable</h1></body></html>';

/** The answer of a request under the faults that strike it: in place of the handler's, or the handler's spoilt. */
export async function answerUnderFaults(
  faults: FaultRegistry,
  request: DemoRequest,
  handle: () => Promise<DemoReply> | DemoReply,
): Promise<DemoReply> {
  const instead = faults.strike(INSTEAD, request.method, request.path);
  if (instead) return replyInstead(instead);
  const reply = await handle();
  const afterwards = faults.strike(AFTERWARDS, request.method, request.path);
  return afterwards ? spoil(afterwards, reply, request) : reply;
}

/** What an item of a $batch gets while the batch itself is answered 200. */
export function batchItemFault(faults: FaultRegistry, method: string, path: string): DemoReply | undefined {
  const fault = faults.strike(['batchItem', 'throttle', 'status', 'html', 'body'], method, path);
  if (!fault) return undefined;
  return fault.kind === 'batchItem' ? statusReply({ ...fault, status: fault.status ?? 429 }) : replyInstead(fault);
}

function replyInstead(fault: Fault): DemoReply {
  switch (fault.kind) {
    case 'throttle':
      return statusReply({ ...fault, status: 429 });
    case 'html':
      return { status: fault.status ?? 503, headers: { 'content-type': 'text/html; charset=utf-8' }, body: HTML_PAGE };
    case 'body':
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': fault.contentType ?? 'application/json' },
        body: fault.body ?? '',
      };
    case 'hang':
      return { status: 200, headers: {}, body: '', wire: 'hang' };
    case 'close':
      return { status: 200, headers: {}, body: '', wire: 'close' };
    default:
      return statusReply(fault);
  }
}

function statusReply(fault: Fault): DemoReply {
  const status = fault.status ?? 503;
  const code =
    status === 429
      ? 'TooManyRequests'
      : status === 503
        ? 'ServiceUnavailable'
        : status === 403
          ? 'Authorization_RequestDenied'
          : 'UnknownError';
  const headers: Record<string, string> =
    fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
  return jsonReply(
    { error: { code, message: `The demo tenant was asked to answer ${status} here.`, innerError: {} } },
    status,
    headers,
  );
}

function spoil(fault: Fault, reply: DemoReply, request: DemoRequest): DemoReply {
  switch (fault.kind) {
    case 'truncate':
      return { ...reply, body: reply.body.slice(0, Math.max(1, Math.floor(reply.body.length / 2))) };
    case 'cut':
      return { ...reply, wire: 'cut' };
    case 'slow':
      return { ...reply, delayMs: fault.delayMs ?? 1000 };
    case 'huge':
      return { ...reply, paddingBytes: fault.bytes ?? HUGE_BYTES };
    case 'overlay':
      return withMembers(reply, fault.members ?? {});
    case 'flap':
      return withOtherRows(reply, new Set(fault.ids), fault.rows ?? []);
    case 'foreignNextLink':
      return withNextLink(reply, fault.url ?? 'https://graph.attacker.example/v1.0/users?$skiptoken=next');
    default:
      return withNextLink(
        reply,
        `https://${request.headers.host ?? 'localhost'}${request.path}?${request.query.toString().replaceAll('%24', '$')}`,
      );
  }
}

function withNextLink(reply: DemoReply, link: string): DemoReply {
  return withMembers(reply, { '@odata.nextLink': link });
}

function withOtherRows(reply: DemoReply, leftOut: ReadonlySet<string>, added: JsonObject[]): DemoReply {
  const body: Json = JSON.parse(reply.body);
  if (!isJsonObject(body) || !Array.isArray(body['value'])) return reply;
  const kept = body['value'].filter((row) => !isJsonObject(row) || !leftOut.has(textOf(row, 'id')));
  return { ...reply, body: JSON.stringify({ ...body, value: [...kept, ...added] }) };
}

function withMembers(reply: DemoReply, members: JsonObject): DemoReply {
  const body: Json = JSON.parse(reply.body);
  return isJsonObject(body) ? { ...reply, body: JSON.stringify(mergePatch(body, members)) } : reply;
}
