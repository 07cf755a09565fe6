import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isJsonObject, type Json, type JsonObject } from '../store/json.types.js';

/** One request as the demo tenant's handlers see it, whichever port it came in by. */
export interface DemoRequest {
  method: string;
  /** Decoded query; names keep their `$`. */
  query: URLSearchParams;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Which of the two ports: the https back channel or the pages for browsers. */
  channel: 'back' | 'front';
  remoteAddress: string;
}

export interface DemoReply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What the wire does instead of a whole answer. */
  wire?: 'hang' | 'close' | 'cut';
  delayMs?: number;
  /** So many spaces follow the body, and no header says how long the answer is. */
  paddingBytes?: number;
}

const PADDING_BLOCK_BYTES = 64 * 1024;
const BODY_LIMIT_BYTES = 256 * 1024 * 1024;

export function jsonReply(body: Json, status = 200, headers: Record<string, string> = {}): DemoReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

export function emptyReply(status = 204, headers: Record<string, string> = {}): DemoReply {
  return { status, headers, body: '' };
}

/** The body as a JSON object, or a sentence about why it isn't one. */
export function parseBody(body: string): JsonObject | string {
  if (body === '') return {};
  try {
    const parsed: Json = JSON.parse(body);
    return isJsonObject(parsed) ? parsed : 'The body must be a JSON object.';
  } catch {
    return 'The body is not valid JSON.';
  }
}

export async function readRequest(message: IncomingMessage, channel: DemoRequest['channel']): Promise<DemoRequest> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Error(`The body is larger than ${BODY_LIMIT_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return {
    method: message.method ?? 'GET',
    path: decodePath(url.pathname),
    query: url.searchParams,
    headers: message.headers,
    body: Buffer.concat(chunks).toString('utf8'),
    channel,
    remoteAddress: message.socket.remoteAddress ?? '',
  };
}

export function writeReply(response: ServerResponse, reply: DemoReply): void {
  if (reply.wire === 'hang') return;
  if (reply.wire === 'close') {
    response.socket?.destroy();
    return;
  }
  const payload = Buffer.from(reply.body);
  if (reply.paddingBytes) {
    response.writeHead(reply.status, reply.headers);
    // Whoever has read enough goes away; that is what the padding is for.
    pipeline(Readable.from(padded(payload, reply.paddingBytes)), response).catch(() => undefined);
    return;
  }
  const headers = {
    ...reply.headers,
    'content-length': String(payload.length),
    'request-id': response.req.headers['client-request-id'] ?? '',
  };
  response.writeHead(reply.status, headers);
  if (reply.wire === 'cut') {
    response.write(payload.subarray(0, Math.floor(payload.length / 2)), () => response.socket?.destroy());
    return;
  }
  response.end(response.req.method === 'HEAD' ? undefined : payload);
}

function* padded(payload: Buffer, spaces: number): Generator<Buffer> {
  yield payload;
  const block = Buffer.alloc(PADDING_BLOCK_BYTES, ' ');
  for (let left = spaces; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
