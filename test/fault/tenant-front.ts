import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import type { DemoTenant } from '../../demo/demo-tenant.js';
import { makeTenantCa } from '../../demo/tenant-ca.js';

/** A tenant that answers nothing worth reading, and how it does that. */
export type Ailment = 'hangs' | 'throttles' | 'throttles for long' | 'has an expired secret' | 'says nothing';

const TENANT_PATH = /^\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\//;

/** One address for Entra ID and Graph of many tenants, as Microsoft has it: what is asked decides which of them answers. */
export class TenantFront {
  /** By tenant: which applications asked for its tokens. */
  readonly askedBy = new Map<string, Set<string>>();
  private readonly healthy = new Map<string, DemoTenant>();
  private readonly ailing = new Map<string, Ailment>();
  // The demo tenants' certificates are each of an authority of its own.
  private readonly agent = new Agent({ connect: { rejectUnauthorized: false } });

  private constructor(
    private readonly server: Server,
    readonly origin: string,
    readonly caCertificatePem: string,
  ) {}

  static async open(): Promise<TenantFront> {
    const ca = await makeTenantCa();
    let front: TenantFront | undefined;
    const server = createServer({ key: ca.privateKeyPem, cert: ca.certificatePem }, (message, response) => {
      front?.respond(message, response).catch(() => response.destroy());
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    front = new TenantFront(server, `https://localhost:${(server.address() as AddressInfo).port}`, ca.caCertificatePem);
    return front;
  }

  addDemo(tenant: DemoTenant): void {
    this.healthy.set(tenant.tenantId, tenant);
  }

  addAiling(tenantId: string, ailment: Ailment): void {
    this.ailing.set(tenantId, ailment);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
    await this.agent.destroy();
  }

  private async respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = message.url ?? '/';
    const named = TENANT_PATH.exec(path)?.[1];
    const tenantId = named ?? tenantOf(message.headers.authorization ?? '');
    if (path.split('?')[0]?.endsWith('/token')) {
      const asked = this.askedBy.get(tenantId) ?? new Set();
      this.askedBy.set(tenantId, asked.add(new URLSearchParams(body.toString()).get('client_id') ?? ''));
    }
    const demo = this.healthy.get(tenantId);
    const ailment = this.ailing.get(tenantId);
    if (demo !== undefined) await this.passOn(demo, message, body, response);
    else if (ailment !== undefined) this.ail(tenantId, ailment, path, named !== undefined, response);
    else answer(response, 404, { error: 'no such tenant' });
  }

  private async passOn(demo: DemoTenant, message: IncomingMessage, body: Buffer, response: ServerResponse) {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = message.headers;
    const method = (message.method ?? 'GET') as 'GET';
    const to = `${demo.authorityHost}${message.url ?? ''}`;
    const sent = { method, headers, dispatcher: this.agent, ...(body.length > 0 ? { body } : {}) };
    const answered = await request(to, sent);
    // Whatever it says of its address is said of this one.
    const text = (await answered.body.text()).replaceAll(demo.authorityHost, this.origin);
    const { 'content-length': _size, 'transfer-encoding': _coding, connection: _close, ...kept } = answered.headers;
    response.writeHead(answered.statusCode, { ...kept, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  }

  private ail(tenantId: string, ailment: Ailment, path: string, isEntra: boolean, response: ServerResponse): void {
    const authority = `${this.origin}/${tenantId}`;
    if (path.includes('openid-configuration')) {
      answer(response, 200, {
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      });
    } else if (isEntra && ailment === 'has an expired secret') {
      const error_description = 'AADSTS7000222: The provided client secret keys are expired.';
      answer(response, 401, { error: 'invalid_client', error_description, error_codes: [7000222] });
    } else if (isEntra) {
      const claims = Buffer.from(JSON.stringify({ tid: tenantId, roles: [] })).toString('base64url');
      answer(response, 200, { token_type: 'Bearer', expires_in: 3599, access_token: `e30.${claims}.e30` });
    } else if (ailment === 'throttles' || ailment === 'throttles for long') {
      const seconds = ailment === 'throttles' ? '30' : '100';
      answer(response, 429, { error: { code: 'TooManyRequests', message: 'x' } }, { 'retry-after': seconds });
    } else if (ailment === 'says nothing') {
      answer(response, 200, { error: { code: 'UnknownError', message: 'an error in the shape of a success' } });
    }
    // What hangs gets no answer.
  }
}

function tenantOf(authorization: string): string {
  try {
    const claims = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString('utf8');
    return String((JSON.parse(claims) as { tid?: unknown }).tid);
  } catch {
    return '';
  }
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
