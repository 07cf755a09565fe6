import { DataSource } from 'typeorm';
import { Agent, type RequestInit as UndiciInit, fetch as undiciFetch } from 'undici';
import { type DemoTenant, type DemoTenantOptions, startDemoTenant } from '../../demo/demo-tenant.js';
import { startTestService, type TestService } from '../support/test-service.js';

/** Where the service believes to be; requests go to the port it really has. */
export const PUBLIC_URL = 'http://localhost:3000';

export interface AuthStage {
  tenant: DemoTenant;
  service: TestService;
  /** Reads and writes the service's database directly. */
  sql<T = Record<string, unknown>>(query: string, parameters?: unknown[]): Promise<T[]>;
  browser(): Browser;
  /** One of the tenant's ordinary people who can sign in; the same number is the same person. */
  person(number: number): Person;
  /** Another instance on the same database. */
  anotherInstance(): Promise<TestService>;
  close(): Promise<void>;
}

export interface Person {
  objectId: string;
  upn: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** The service and a demo tenant, in this process, speaking real HTTP with each other. */
export async function startAuthStage(
  env: Record<string, string> = {},
  tenantOptions: DemoTenantOptions = {},
): Promise<AuthStage> {
  const tenant = await startDemoTenant({
    users: 40,
    groups: 5,
    applications: 5,
    policies: 3,
    redirectUris: [`${PUBLIC_URL}/api/v1/auth/callback`],
    ...tenantOptions,
  });
  const restoreFetch = trust(tenant.caCertificatePem);
  const settings = {
    PUBLIC_URL,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_CLIENT_ID: tenant.clientId,
    ...(env['ENTRA_CLIENT_CERTIFICATE_FILE'] === undefined ? { ENTRA_CLIENT_SECRET: tenant.clientSecret } : {}),
    ENTRA_AUTHORITY: tenant.authorityHost,
    GRAPH_BASE_URL: tenant.graphBaseUrl,
    BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
    ...env,
  };
  const service = await startTestService(settings);
  const dataSource = await new DataSource({ type: 'postgres', url: service.databaseUrl, poolSize: 2 }).initialize();
  const others: TestService[] = [];
  return {
    tenant,
    service,
    sql: (query, parameters) => dataSource.query(query, parameters),
    browser: () => new Browser(service.url),
    person: (number) => personOf(tenant, number),
    anotherInstance: async () => {
      const other = await startTestService({ ...settings, DATABASE_URL: service.databaseUrl });
      others.push(other);
      return other;
    },
    close: async () => {
      for (const other of others) await other.close();
      await service.close();
      await dataSource.destroy();
      await tenant.close();
      restoreFetch();
    },
  };
}

function personOf(tenant: DemoTenant, number: number): Person {
  const people = tenant.cast.memberIds
    .map((objectId) => ({ objectId, user: tenant.state.collections.users.get(objectId) }))
    .filter(({ user }) => user !== undefined && user['accountEnabled'] !== false);
  const { objectId, user } = people[number] ?? {};
  if (objectId === undefined) throw new Error(`the demo tenant has only ${people.length} people`);
  return { objectId, upn: String(user?.['userPrincipalName']) };
}

/** Node's own fetch takes further authorities only from the environment of a process that starts. */
function trust(ca: string): () => void {
  const original = globalThis.fetch;
  const dispatcher = new Agent({ connect: { ca } });
  globalThis.fetch = ((input: string, init?: UndiciInit) =>
    undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch; // the package's types are those of another undici
  return () => {
    globalThis.fetch = original;
    void dispatcher.close();
  };
}

/** A browser's part: cookies kept, redirects followed one by one, headers as a page of ours would send them. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly setCookies: string[] = [];

  constructor(private readonly serviceUrl: string) {}

  /** One request to the service; `path` may be a whole address under PUBLIC_URL. */
  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0 && !headers.has('cookie')) {
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    }
    const url = this.serviceUrl + path.replace(PUBLIC_URL, '');
    const answer = await fetch(url, { redirect: 'manual', ...init, headers: Object.fromEntries(headers) });
    this.keepCookies(answer.headers.getSetCookie());
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? (JSON.parse(text) as Answer['body']) : { text },
    };
  }

  /** To Entra's page and back to the address of the callback, which isn't visited yet. */
  async goToEntra(loginHint: string, returnTo?: string): Promise<string> {
    const query = new URLSearchParams({ loginHint, ...(returnTo === undefined ? {} : { returnTo }) });
    const login = await this.request(`/api/v1/auth/login?${query.toString()}`);
    const entra = login.headers.get('location');
    if (login.status !== 302 || entra === null)
      throw new Error(`no way to Entra: ${login.status} ${JSON.stringify(login.body)}`);
    const page = await fetch(entra, { redirect: 'manual' });
    const back = page.headers.get('location');
    if (back === null) throw new Error(`Entra's page sent nobody back: ${page.status} ${await page.text()}`);
    return back;
  }

  async signIn(loginHint: string, returnTo?: string): Promise<Answer> {
    return this.request(await this.goToEntra(loginHint, returnTo));
  }

  /** POST /auth/refresh as our own page would. */
  refresh(headers: Record<string, string> = { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' }): Promise<Answer> {
    return this.request('/api/v1/auth/refresh', { method: 'POST', headers });
  }

  /** Signs in and returns an access token. */
  async accessToken(loginHint: string): Promise<string> {
    const answer = await this.signIn(loginHint);
    if (answer.status !== 303) throw new Error(`sign-in failed: ${answer.status} ${JSON.stringify(answer.body)}`);
    const { body } = await this.refresh();
    return String(body['accessToken']);
  }

  /** A call of the API as a program makes it: by bearer token, without cookies. */
  call(
    method: string,
    path: string,
    token: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return new Browser(this.serviceUrl).request(`/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private keepCookies(lines: string[]): void {
    for (const line of lines) {
      this.setCookies.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
