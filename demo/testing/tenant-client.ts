import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { DemoTenant } from '../demo-tenant.types.js';
import type { Json, JsonObject } from '../store/json.types.js';

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: JsonObject;
}

export interface WireRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
  /** Hangs up on an answer that is longer. */
  maxBytes?: number;
}

/** Speaks to a demo tenant over real sockets, trusting its certificate authority only. */
export function wire(tenant: DemoTenant, url: string, about: WireRequest = {}): Promise<WireAnswer> {
  const options = {
    method: about.method ?? 'GET',
    headers: about.headers ?? {},
    agent: false,
    ...(url.startsWith('https') ? { ca: tenant.caCertificatePem } : {}),
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https') ? httpsRequest : httpRequest;
    const outgoing = send(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > (about.maxBytes ?? Number.POSITIVE_INFINITY)) incoming.destroy(new Error('too large'));
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parsed(text) });
      });
    });
    outgoing.on('error', reject);
    if (about.timeoutMs) outgoing.setTimeout(about.timeoutMs, () => outgoing.destroy(new Error('timed out')));
    outgoing.end(about.body);
  });
}

/** A Graph call with the watching application's own token, or with the one given. */
export function graph(
  tenant: DemoTenant,
  path: string,
  about: { method?: string; body?: Json; token?: string; headers?: Record<string, string>; timeoutMs?: number } = {},
): Promise<WireAnswer> {
  const url = path.startsWith('https') ? path : `${tenant.graphBaseUrl}${path.replaceAll(' ', '%20')}`;
  return wire(tenant, url, {
    ...(about.method ? { method: about.method } : {}),
    ...(about.timeoutMs ? { timeoutMs: about.timeoutMs } : {}),
    headers: {
      authorization: `Bearer ${about.token ?? tenant.mintToken({ kind: 'graph' })}`,
      'content-type': 'application/json',
      ...about.headers,
    },
    ...(about.body === undefined ? {} : { body: JSON.stringify(about.body) }),
  });
}

/** All rows of a list, following its next links. */
export async function allRows(tenant: DemoTenant, path: string): Promise<JsonObject[]> {
  const rows: JsonObject[] = [];
  let next: string | undefined = path;
  while (next) {
    const page: WireAnswer = await graph(tenant, next);
    rows.push(...(page.json['value'] as JsonObject[]));
    next = page.json['@odata.nextLink'] as string | undefined;
  }
  return rows;
}

export interface Pkce {
  verifier: string;
  challenge: string;
}

export function makePkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** A sign-in that came back from the authorize page with a code. */
export interface StartedSignIn {
  code: string;
  /** The id of the session that the browser has now. */
  sid: string;
  /** The browser's session, as a Cookie header. */
  cookie: string;
  /** Redeems the code as the registered application. */
  redeem(): Promise<WireAnswer>;
}

/** Signs a person in (default: the administrator) as far as the code; `cookie` is the session that the browser has already. */
export async function startSignIn(
  tenant: DemoTenant,
  redirectUri: string,
  about: { hint?: string; cookie?: string } = {},
): Promise<StartedSignIn> {
  const { verifier, challenge } = makePkce();
  const login_hint = about.hint ?? tenant.administrator.userPrincipalName;
  const page = await wire(
    tenant,
    authorizeUrl(tenant, { redirect_uri: redirectUri, code_challenge: challenge, login_hint }),
    about.cookie ? { headers: { cookie: about.cookie } } : {},
  );
  const back = new URL(page.headers.location ?? 'http://nowhere.invalid').searchParams;
  const code = back.get('code') ?? '';
  const form = {
    client_id: tenant.clientId,
    client_secret: tenant.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code_verifier: verifier,
    code,
  };
  return {
    code,
    sid: back.get('session_state') ?? '',
    cookie: String(page.headers['set-cookie']?.[0]).split(';')[0] ?? '',
    redeem: () => postForm(tenant, form),
  };
}

/** Redeems a refresh token as the registered application. */
export function refreshWith(tenant: DemoTenant, answer: WireAnswer): Promise<WireAnswer> {
  return postForm(tenant, {
    client_id: tenant.clientId,
    client_secret: tenant.clientSecret,
    grant_type: 'refresh_token',
    refresh_token: String(answer.json['refresh_token']),
  });
}

/** The address of the authorize page for a sign-in with these parameters. */
export function authorizeUrl(tenant: DemoTenant, parameters: Record<string, string | undefined>): string {
  const all: Record<string, string | undefined> = {
    client_id: tenant.clientId,
    response_type: 'code',
    scope: 'openid profile offline_access',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge_method: 'S256',
    ...parameters,
  };
  const query = new URLSearchParams(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return `${tenant.browserUrl}/${tenant.tenantId}/oauth2/v2.0/authorize?${query.toString()}`;
}

export function postForm(tenant: DemoTenant, form: Record<string, string>): Promise<WireAnswer> {
  return wire(tenant, `${tenant.authority}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
}

/** The header of a token without any check. */
export function headerOf(token: unknown): JsonObject {
  return JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString('utf8'));
}

/** Claims of a token without any check. */
export function claimsOf(token: unknown): JsonObject {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString('utf8'));
}

function parsed(text: string): JsonObject {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
