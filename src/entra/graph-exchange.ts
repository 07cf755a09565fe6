import type { Json, JsonObject } from '../crypto/canonical-json.js';
import { GraphFault } from './graph-fault.js';
import { PageSyntaxError, type SplitPage, splitPage } from './split-page.js';
import { type ThrottleTold, throttleTold } from './throttle-told.js';

export type GraphWriteMethod = 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface GraphRequest {
  method: 'GET' | GraphWriteMethod;
  url: URL;
  /** Path for people and faults. */
  path: string;
  body?: Json;
  /** Whether the answer is a page that is to be split and not parsed. */
  asPage?: true;
  /** It changes something: whatever becomes of it, only its sender can say whether it may be sent again. */
  once?: true;
  /** How many are sent in one, where it is a batch. */
  requests?: number;
  /** Told true as the request leaves, and false where Graph didn't take it and it is to be sent again. */
  sending?: (isOut: boolean) => void;
  /** The entity tag that the object must still have (RFC 9110 13.1.1). */
  ifMatch?: string;
}

/** What Graph answered, whatever the status. `body` is null where there was none or it wasn't JSON on an error status. */
export interface GraphAnswer {
  status: number;
  retryAfterMs: number | null;
  body: JsonObject | null;
  told: ThrottleTold;
  /** The answer split, where that was asked for and Graph gave one. */
  page?: SplitPage;
}

export interface ExchangeLimits {
  /** For the whole exchange, body included. */
  timeoutMs: number;
  maxBytes: number;
}

/**
 * One request and its answer, read whole: bounded in time and size, no redirects, JSON only.
 *
 * @throws GraphFault timeout, network, redirect, too_large, not_json, malformed; the signal's reason when it was aborted
 */
export async function exchange(
  request: GraphRequest,
  token: string,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<GraphAnswer> {
  signal.throwIfAborted();
  const giveUp = new AbortController();
  const onAbort = () => giveUp.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    giveUp.abort();
  }, limits.timeoutMs);
  try {
    request.sending?.(true);
    const response = await fetch(request.url, {
      method: request.method,
      redirect: 'manual',
      signal: giveUp.signal,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.ifMatch === undefined ? {} : { 'if-match': request.ifMatch }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    return await answerOf(request, response, limits.maxBytes);
  } catch (error) {
    if (error instanceof GraphFault) throw error;
    if (signal.aborted) throw signal.reason;
    if (timedOut) {
      throw new GraphFault('timeout', request.path, `Graph gave no whole answer within ${limits.timeoutMs / 1000} s`);
    }
    throw new GraphFault('network', request.path, `the connection to Graph failed (${networkReason(error)})`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    giveUp.abort();
  }
}

async function answerOf(request: GraphRequest, response: Response, maxBytes: number): Promise<GraphAnswer> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    throw new GraphFault('redirect', request.path, `Graph sent us elsewhere (HTTP ${status}), which is not followed`, {
      status,
    });
  }
  const bytes = await readBounded(request, response, maxBytes);
  const answer = {
    status,
    retryAfterMs: retryAfterOf(response.headers.get('retry-after')),
    told: throttleTold((name) => response.headers.get(name)),
  };
  if (status >= 400) return { ...answer, body: parsedOrNull(bytes.toString('utf8')) };
  if (status === 204 || bytes.length === 0) return { ...answer, body: null };
  const type = response.headers.get('content-type') ?? 'nothing';
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new GraphFault('not_json', request.path, `the answer is not JSON but ${type.split(';')[0]?.slice(0, 60)}`, {
      status,
    });
  }
  if (request.asPage === true) return { ...answer, body: null, page: splitOf(request, bytes, status) };
  const text = bytes.toString('utf8');
  const body = parsedOrNull(text);
  if (body === null) {
    throw new GraphFault(
      'malformed',
      request.path,
      `the answer of ${text.length} characters is broken or cut off JSON`,
      { status },
    );
  }
  return { ...answer, body };
}

function splitOf(request: GraphRequest, bytes: Buffer, status: number): SplitPage {
  try {
    return splitPage(bytes);
  } catch (error) {
    if (!(error instanceof PageSyntaxError)) throw error;
    const detail = `the answer of ${bytes.length} bytes is broken or cut off JSON: ${error.message}`;
    throw new GraphFault('malformed', request.path, detail, { status });
  }
}

async function readBounded(request: GraphRequest, response: Response, maxBytes: number): Promise<Buffer> {
  if (response.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new GraphFault('too_large', request.path, `the answer is larger than ${maxBytes} bytes`, {
        status: response.status,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function parsedOrNull(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** RFC 9110 10.2.3: seconds or a date. */
export function retryAfterOf(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function networkReason(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' ? cause.code : 'it broke off';
}
