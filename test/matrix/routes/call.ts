import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import type { Answer } from '../../auth/auth-stage.js';
import { type ContractRow, mountedPath } from './contract-rows.js';
import type { Caller, Verdict } from './predict.js';

type Headers = Record<string, string>;

/** A kind of caller, with what it presents. */
export interface Call {
  name: string;
  caller: Caller;
  /** @param path whole, without the query */
  headers(method: string, path: string): Headers;
  query?: string;
}

/** What a verdict is made from. */
export type Answered = Pick<Answer, 'status' | 'body'>;

export function bearer(token: string, more: Headers = {}): Call['headers'] {
  return () => ({ authorization: `Bearer ${token}`, ...more });
}

/** Of a HEAD for a route that is read by GET. There is no body to tell a guard's refusal from a handler's. */
export async function askHead(serviceUrl: string, row: ContractRow, call: Call): Promise<Answered> {
  const path = mountedPath(row).replace(/:\w+/g, () => randomUUID());
  const { status } = await fetch(`${serviceUrl}${path}${call.query === undefined ? '' : `?${call.query}`}`, {
    method: 'HEAD',
    headers: call.headers('HEAD', path),
  });
  return { status, body: status === 403 ? { code: 'access.denied' } : {} };
}

/** Any object that isn't there, and an empty body: what comes after the guards changes nothing. Asked thousands of times: without fetch. */
export async function ask(serviceUrl: string, row: ContractRow, call: Call): Promise<Answered> {
  const { method } = row;
  const path = mountedPath(row).replace(/:\w+/g, () => randomUUID());
  const hasBody = !['GET', 'DELETE'].includes(method);
  const { statusCode, headers, body } = await request(
    `${serviceUrl}${path}${call.query === undefined ? '' : `?${call.query}`}`,
    {
      method: method as 'GET',
      headers: { ...call.headers(method, path), ...(hasBody ? { 'content-type': 'application/json' } : {}) },
      body: hasBody ? '{}' : null,
    },
  );
  const text = await body.text();
  const isJson = String(headers['content-type']).includes('json');
  return { status: statusCode, body: isJson ? (JSON.parse(text) as Answered['body']) : {} };
}

/** Handlers of public routes refuse credentials too, but only the guards miss an access token or deny for want of a permission. */
export function verdictOf(row: ContractRow, { status, body }: Answered): Verdict {
  // SCIM has no member for codes: its detail ends with ours.
  const isDenied =
    status === 403 && (body['code'] === 'access.denied' || String(body['detail']).includes('(access.denied, '));
  const isUnknown = status === 401 && (row.kind !== 'public' || body['code'] === 'auth.token_missing');
  return isUnknown ? 'unauthenticated' : isDenied ? 'denied' : 'through';
}

/** At most `width` at once. */
export async function atOnce<T>(width: number, all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
