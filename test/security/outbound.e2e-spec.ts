import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fetchBounded } from '../../src/entra/fetch-bounded.js';
import { Browser, PUBLIC_URL } from '../auth/auth-stage.js';
import type { TestService } from '../support/test-service.js';
import { type Program, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';
import { beginSignIn, recordingRequests } from './sign-in-attempt.js';

const DISCOVERY = '*/openid-configuration';
const KEYS = '*/discovery/v2.0/keys';

/** Study 3, families "SSRF" and "DoS", as far as sign-in, key documents and assertions go; and paths that go round a guard. */
describe('a stranger who makes the service work', () => {
  let programs: ProgramStage;
  let program: Program;
  let keyed: Program;
  const key = new SenderKey();
  let elsewhere: Server;
  let hits = 0;
  let elsewhereUrl: string;
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_SIGN_INS_PER_MINUTE: '0' });
    program = await programs.program({ role: 'viewer' });
    keyed = await programs.program({ role: 'viewer', key });
    elsewhere = createServer((request, response) => {
      if (request.url === '/redirects') response.writeHead(302, { location: `${elsewhereUrl}/inside` }).end();
      else if (request.url === '/answers') response.end('{}');
      else {
        hits += 1;
        response.end('{"keys":[]}');
      }
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  }, 60_000);
  afterAll(async () => {
    elsewhere.close();
    await programs.close();
  });
  afterEach(() => programs.stage.tenant.setFaults());

  const login = async ({ url }: TestService) => {
    const { status, body, headers } = await new Browser(url).request('/api/v1/auth/login');
    return { status, code: body['code'], location: headers.get('location') };
  };
  const UNAVAILABLE = { status: 503, code: 'auth.entra_unavailable' };

  describe('go where he wants', () => {
    it('Keycloak CVE-2026-4366: no redirect of an authority is followed', async () => {
      const request = { timeoutMs: 3000, maxBytes: 1000 };
      await expect(fetchBounded(`${elsewhereUrl}/redirects`, request)).rejects.toThrow();
      expect(hits).toBe(0);
      expect((await fetchBounded(`${elsewhereUrl}/answers`, request)).status).toBe(200);

      const fresh = await programs.stage.anotherInstance();
      for (const path of [DISCOVERY, KEYS]) {
        for (const status of [301, 302, 303, 307, 308]) {
          programs.stage.tenant.setFaults({ kind: 'body', path, status, body: '{}' });
          expect(await login(fresh)).toMatchObject(UNAVAILABLE);
          programs.stage.tenant.setFaults();
        }
      }
      expect((await login(fresh)).status).toBe(302);
    });

    it('documenso #2901, OneUptime #2578, #3183, private-ip #32: no other spelling of an address passes for the authority’s', async () => {
      const { tenant } = programs.stage;
      const { port, pathname } = new URL(`${tenant.authority}/discovery/v2.0/keys`);
      const fresh = await programs.stage.anotherInstance();
      const sent = await recordingRequests(async () => {
        for (const host of [
          `127.0.0.1:${port}`,
          `[::1]:${port}`,
          `[::ffff:127.0.0.1]:${port}`,
          `[::ffff:7f00:1]:${port}`,
          `0x7f.1:${port}`,
          `2130706433:${port}`,
          `0177.0.0.1:${port}`,
          `localhost.:${port}`,
          `localhost:${port}@attacker.example`,
          `attacker.example#localhost:${port}`,
          'localhost',
          '169.254.169.254',
          'metadata.google.internal',
        ]) {
          for (const member of ['jwks_uri', 'token_endpoint']) {
            const members = { [member]: `https://${host}${pathname}` };
            tenant.setFaults({ kind: 'overlay', path: DISCOVERY, members });
            expect([host, member, await login(fresh)]).toMatchObject([host, member, UNAVAILABLE]);
            tenant.setFaults();
          }
        }
        for (const address of [
          `http://localhost:${port}${pathname}`,
          'file:///etc/passwd',
          'data:,{}',
          '//localhost/x',
          'x',
        ]) {
          tenant.setFaults({ kind: 'overlay', path: DISCOVERY, members: { jwks_uri: address } });
          expect([address, await login(fresh)]).toMatchObject([address, UNAVAILABLE]);
          tenant.setFaults();
        }
      });
      const origins = new Set(sent.map(({ url }) => new URL(url).origin));
      expect(origins).toEqual(new Set([fresh.url, tenant.authorityHost]));
      expect((await login(fresh)).status).toBe(302);
    }, 60_000);

    it('Zitadel CVE-2026-55671, CVE-2026-27945: no request names an address that is fetched: header, form, assertion or logout token', async () => {
      const { tenant } = programs.stage;
      const target = `${elsewhereUrl}/inside`;
      const headers = {
        host: new URL(elsewhereUrl).host,
        'x-forwarded-host': new URL(elsewhereUrl).host,
        origin: target,
      };
      const claims = { jku: target, iss: target, jwks_uri: target, request_uri: target };
      const before = hits;
      const sent = await recordingRequests(async () => {
        const browser = new Browser(programs.stage.service.url);
        await browser.request('/api/v1/auth/login', { headers });
        for (const name of ['iss', 'target_link_uri', 'request_uri', 'returnTo', 'authority']) {
          await browser.request(`/api/v1/auth/login?${new URLSearchParams({ [name]: target }).toString()}`);
        }
        const form = { request_uri: target, jwks_uri: target, sector_identifier_uri: target, resource: target };
        expect((await programs.clientCredentials(program, form)).status).toBe(200);
        expect((await programs.byAssertion(key.assertion(keyed.id, { iss: target }, { jku: target }))).status).toBe(
          401,
        );
        const logoutToken = tenant.mintToken({ kind: 'logout', sid: 'x', claims, header: { jku: target } });
        expect((await programs.form('backchannel-logout', { logout_token: logoutToken })).status).toBe(400);
        const { objectId } = programs.stage.person(1);
        expect((await programs.exchange(tenant.mintToken({ kind: 'api', objectId, claims }))).status).toBe(400);
      });
      expect(hits).toBe(before);
      const own = [programs.stage.service.url, programs.other.url, tenant.authorityHost, tenant.browserUrl];
      expect(sent.map(({ url }) => new URL(url).origin).filter((origin) => !own.includes(origin))).toEqual([]);
      expect((await programs.byAssertion(key.assertion(keyed.id))).status).toBe(200);
    });
  });

  describe('work too hard', () => {
    it('Vault CVE-2025-6203 (complex JSON): deep nesting is refused, and a thousand parameters cost nothing, in bodies and in tokens', async () => {
      const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
      const bodies = [deep(500_000), objects(150_000), `{"refreshToken":${deep(100)}}`, '{"__proto__":{"a":1}}'];
      for (const body of bodies) {
        const headers = { 'content-type': 'application/json' };
        for (const path of ['/auth/refresh', '/auth/logout']) {
          const { status } = await new Browser(programs.stage.service.url).request(`/api/v1${path}`, {
            method: 'POST',
            headers,
            body,
          });
          expect([body.slice(0, 20), path, status]).toEqual([body.slice(0, 20), path, 400]);
        }
      }
      const encode = (text: string) => Buffer.from(text).toString('base64url');
      for (const text of [deep(3000), objects(900), `{"typ":"at+jwt","a":${deep(2500)}}`, `{"tid":${objects(800)}}`]) {
        for (const token of [`${encode(text)}.${encode(text)}.AA`, `${part({ alg: 'RS256' })}.${encode(text)}.AA`]) {
          expect(await programs.onBoth(token)).toEqual([401, 401]);
          expect((await programs.byAssertion(token)).status).toBe(401);
          expect((await programs.form('backchannel-logout', { logout_token: token })).status).toBe(400);
        }
      }
      const many = Array.from({ length: 20_000 }, (_, n) => `p${n}=x`).join('&');
      const proper = `grant_type=client_credentials&client_id=${program.id}&client_secret=${program.secret}`;
      const post = async (body: string) =>
        (
          await fetch(`${programs.stage.service.url}/api/v1/auth/token`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body,
          })
        ).status;
      expect([200, 400, 413]).toContain(await post(`${proper}&${many}`));
      expect(await post(proper)).toBe(200);
    });

    it('path-to-regexp CVE-2024-45296, GHSA-j3q9, GHSA-27v5: the versions in use are newer, and long texts in every place come back at once', async () => {
      const lock = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package-lock.json'), 'utf8')) as {
        packages: Record<string, { version?: string }>;
      };
      const versions = Object.entries(lock.packages).filter(([path]) => path.endsWith('node_modules/path-to-regexp'));
      expect(versions.length).toBeGreaterThan(0);
      for (const [, { version = '0' }] of versions) {
        const [major = 0, minor = 0] = version.split('.').map(Number);
        expect(major > 8 || (major === 8 && minor >= 4)).toBe(true);
      }
      const browser = () => new Browser(programs.stage.service.url);
      const long = (unit: string) => unit.repeat(Math.floor(12_000 / unit.length));
      for (const unit of ['a', 'a-', '-', '/', '.', 'A=', ' ', ';', ',', '%25', '(a', 'Bearer ', '=a;']) {
        const text = long(unit);
        const statuses = [
          (await browser().request(`/api/v1/${text.replaceAll(' ', '%20')}`)).status,
          (await browser().request('/api/v1/users/me', { headers: { authorization: `Bearer ${text}` } })).status,
          (await browser().request('/api/v1/users/me', { headers: { authorization: `Basic ${text}` } })).status,
          (
            await browser().request('/api/v1/auth/refresh', {
              method: 'POST',
              headers: { cookie: text, origin: PUBLIC_URL },
            })
          ).status,
          (await programs.clientCredentials(program, { scope: text })).status,
          (await programs.clientCredentials({ ...program, secret: text })).status,
          (await programs.form('token', { grant_type: text, client_id: 'blindspotx' })).status,
        ];
        expect([unit, statuses.filter((status) => status < 400 || status >= 500)]).toEqual([unit, []]);
      }
      expect(await programs.onBoth(await programs.accessToken(program))).toEqual([200, 200]);
    });

    it('a key document with a thousand keys, huge numbers or a huge text costs the sign-in and nobody else', async () => {
      const { tenant } = programs.stage;
      const fresh = await programs.stage.anotherInstance();
      const token = await programs.accessToken(program);
      const rsa = (bytes: number, e = 'AQAB') => ({
        kty: 'RSA',
        use: 'sig',
        kid: `k${bytes}`,
        n: Buffer.alloc(bytes, 0xff).toString('base64url'),
        e,
      });
      const documents = [
        { keys: Array.from({ length: 1000 }, (_, n) => ({ ...rsa(256), kid: `k${n}` })) },
        { keys: [{ ...rsa(256), n: 'A'.repeat(300_000) }] },
        { keys: [{ ...rsa(256), n: 7 }] },
        { keys: 'x'.repeat(300_000) },
      ];
      for (const document of documents) {
        tenant.setFaults({ kind: 'body', path: KEYS, body: JSON.stringify(document) });
        expect(await login(fresh)).toMatchObject(UNAVAILABLE);
        expect((await programs.get('/tenants', { authorization: `Bearer ${token}` }, fresh)).status).toBe(200);
        tenant.setFaults();
      }
      // Numbers that no signature may be checked against: refused when they are used, at the latest.
      for (const huge of [rsa(8192), rsa(100_000), rsa(512, Buffer.alloc(512, 0xff).toString('base64url'))]) {
        const lying = await programs.stage.anotherInstance();
        tenant.setFaults({ kind: 'body', path: KEYS, body: JSON.stringify({ keys: [huge] }) });
        const { objectId } = programs.stage.person(1);
        const forged = tenant.mintToken({ kind: 'api', objectId, header: { kid: huge.kid } });
        const { status } = await programs.get('/users/me', { authorization: `Bearer ${forged}` }, lying);
        expect([401, 503]).toContain(status);
        expect((await programs.get('/tenants', { authorization: `Bearer ${token}` }, lying)).status).toBe(200);
        tenant.setFaults();
      }
      const { browser, back } = await beginSignIn(programs.stage, programs.stage.person(1).upn, fresh);
      expect((await browser.request(back)).status).toBe(303);
    }, 60_000);
  });

  it.each([
    ['another member', '{"refreshToken":"x","x":1}'],
    ['a member in another spelling', '{"refresh_token":"x"}'],
    [
      'fifty thousand members',
      JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`m${n}`, 1]))),
    ],
    ['a number for the token', '{"refreshToken":7}'],
    ['an object for the token', '{"refreshToken":{"length":43}}'],
    ['a token of a hundred thousand characters', JSON.stringify({ refreshToken: 'A'.repeat(100_000) })],
    ['a list', '[]'],
    ['a text', '"x"'],
  ])('a body with %s is refused where a refresh token is taken, and a proper one is not', async (_what, body) => {
    const post = (path: string, text: string) =>
      new Browser(programs.stage.service.url).request(`/api/v1/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      });
    for (const path of ['refresh', 'logout']) {
      const answer = await post(path, body);
      expect([path, answer.status, answer.body['code']]).toEqual([path, 400, 'request.invalid']);
    }
    const proper = JSON.stringify({ refreshToken: await programs.refreshToken(1) });
    const answer = await post('refresh', proper);
    expect(answer.status).toBe(200);
    expect((await post('logout', JSON.stringify({ refreshToken: answer.body['refreshToken'] }))).status).toBe(204);
  });

  it('a form that names a prototype is malformed, at every endpoint, and no fault of ours', async () => {
    const proper = `grant_type=client_credentials&client_id=${program.id}&client_secret=${program.secret}`;
    const post = (endpoint: string, body: string) =>
      new Browser(programs.stage.service.url).request(`/api/v1/auth/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    for (const endpoint of ['token', 'introspect', 'revoke', 'backchannel-logout']) {
      for (const name of ['__proto__', '%5F_proto__']) {
        const { status, body } = await post(endpoint, `${proper}&token=x&logout_token=x&${name}=x`);
        expect([endpoint, name, status, body['error']]).toEqual([endpoint, name, 400, 'invalid_request']);
      }
    }
    expect((await post('token', `${proper}&constructor=x`)).status).toBe(200);
  });

  it('Nest CVE-2025-69211, CVE-2026-2293, GHSA-hx87, Oathkeeper CVE-2026-33494: no spelling of a path goes round the guard', async () => {
    const { hostname, port } = new URL(programs.stage.service.url);
    const raw = async (target: string, authorization?: string) => {
      const { request } = await import('node:http');
      const sent = request({
        hostname,
        port,
        path: target,
        headers: authorization === undefined ? {} : { authorization },
      });
      sent.end();
      const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      answer.resume();
      return answer.statusCode ?? 0;
    };
    const spellings = [
      '/api/v1/users',
      '//api/v1/users',
      '/api//v1/users',
      '/api/v1//users',
      '/api/v1/users/',
      '/api/v1/./users',
      '/api/v1/auth/../users',
      '/api/v1/%75sers',
      '/%61pi/v1/users',
      '/api/v1/users%2f',
      '/api%2Fv1%2Fusers',
      '/API/V1/USERS',
      '/api/v1/users;x=1',
      '/api/v1/users?x=/auth/login',
      '/api/v1/users#/auth/login',
      '/api/v1/users%00',
      '/api/v1/users%20',
      '/.well-known/../api/v1/users',
      '/health/live/../../api/v1/users',
      `http://${hostname}:${port}/api/v1/users`,
      'http://x/api/v1/users',
      'http://x/health/live/../../api/v1/users',
    ];
    for (const target of spellings) {
      const status = await raw(target);
      expect([target, status >= 400 && status < 500]).toEqual([target, true]);
    }
    const admin = await programs.stage.browser().accessToken(programs.stage.tenant.administrator.userPrincipalName);
    expect(await raw('/api/v1/users', `Bearer ${admin}`)).toBe(200);
  });
});
