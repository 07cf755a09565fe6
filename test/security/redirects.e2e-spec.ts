import { type AuthStage, PUBLIC_URL, startAuthStage } from '../auth/auth-stage.js';

const UNLIMITED = { RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };

/** Study 3, family "redirect / header". Each case beside the proper request that must succeed. */
describe('redirects and headers', () => {
  let stage: AuthStage;
  let upn: string;
  beforeAll(async () => {
    stage = await startAuthStage(UNLIMITED);
    ({ upn } = stage.person(0));
  });
  afterAll(() => stage.close());

  const login = (returnTo: string, headers: Record<string, string> = {}) =>
    stage.browser().request(`/api/v1/auth/login?returnTo=${encodeURIComponent(returnTo)}`, { headers });

  it.each([
    '//attacker.example',
    '///attacker.example',
    '/\\attacker.example',
    '\\\\attacker.example',
    '/\t/attacker.example',
    '/\n/attacker.example',
    ' //attacker.example',
    'https://attacker.example',
    'https:attacker.example',
    'http://localhost:3000@attacker.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    '/.//attacker.example',
    '/x/..//attacker.example',
    'relative',
    '',
    '?x',
    `/${'a'.repeat(1024)}`,
  ])(
    'Keycloak CVE-2024-8883, CVE-2026-3872: a sign-in never leads on to %j, and to a path of ours it does',
    async (returnTo) => {
      const { status, body } = await login(returnTo);
      expect([status, ['auth.invalid_return_to', 'request.invalid']]).toEqual([
        400,
        expect.arrayContaining([body['code']]),
      ]);
      const proper = await stage.browser().signIn(upn, '/drift?open=1#x');
      expect([proper.status, proper.headers.get('location')]).toEqual([303, '/drift?open=1#x']);
    },
  );

  it.each([
    '/%2F%2Fattacker.example',
    '/%5Cattacker.example',
    '/x%0d%0aSet-Cookie:%20a=b',
    '/a?next=//attacker.example',
  ])('a returnTo that is only a path stays one, letter by letter: %s', async (returnTo) => {
    const { status, headers } = await stage.browser().signIn(upn, returnTo);
    expect(status).toBe(303);
    expect(new URL(headers.get('location') ?? '', PUBLIC_URL).origin).toBe(PUBLIC_URL);
    expect(headers.get('location')).toBe(returnTo);
    expect(headers.getSetCookie().some((line) => line.startsWith('a='))).toBe(false);
  });

  it.each([
    ['twice', 'returnTo=/a&returnTo=//attacker.example'],
    ['as a list', 'returnTo[]=//attacker.example'],
    ['as an object', 'returnTo[x]=//attacker.example'],
  ])('Keycloak CVE-2026-9086 (parameter pollution): returnTo given %s is refused', async (_what, query) => {
    expect((await stage.browser().request(`/api/v1/auth/login?${query}`)).status).toBe(400);
    expect((await stage.browser().request('/api/v1/auth/login?returnTo=/a')).status).toBe(302);
  });

  it.each([
    ['host', { host: 'attacker.example' }],
    ['x-forwarded-host', { 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'https' }],
    ['forwarded', { forwarded: 'host=attacker.example;proto=https' }],
    ['x-original-url', { 'x-original-url': '/attacker', 'x-rewrite-url': '/attacker' }],
  ])(
    'Zitadel CVE-2025-64101, Oathkeeper CVE-2026-33495: the header %s changes no address that is given out',
    async (_header, headers) => {
      const given = await login('/', headers as Record<string, string>);
      expect(given.status).toBe(302);
      const { searchParams, origin } = new URL(given.headers.get('location') ?? '');
      expect([origin, searchParams.get('redirect_uri')]).toEqual([
        stage.tenant.browserUrl,
        `${PUBLIC_URL}/api/v1/auth/callback`,
      ]);
    },
  );

  it('Keycloak CVE-2026-7504: the address that Entra sends people back to is one, whatever the request asks for', async () => {
    for (const name of ['redirect_uri', 'redirectUri', 'post_logout_redirect_uri']) {
      const query = new URLSearchParams({ [name]: 'https://attacker.example/' }).toString();
      expect((await stage.browser().request(`/api/v1/auth/login?${query}`)).status).toBe(400);
    }
    expect((await stage.browser().request('/api/v1/auth/login')).status).toBe(302);
  });

  it('Zitadel GHSA-93m4 (a script for an address): nobody is sent to one, after signing in or out, whoever names it', async () => {
    const scripts = [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      '\tjavascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
    ];
    const browser = stage.browser();
    expect((await browser.signIn(upn)).status).toBe(303);
    const logout = (returnTo: string) =>
      browser.request('/api/v1/auth/logout', {
        method: 'POST',
        headers: { origin: PUBLIC_URL, 'content-type': 'application/json' },
        body: JSON.stringify({ endEntraSession: true, returnTo }),
      });
    for (const script of scripts) {
      expect((await login(script)).status).toBe(400);
      expect((await logout(script)).status).toBe(400);
    }
    for (const member of ['authorization_endpoint', 'end_session_endpoint']) {
      const { url } = await stage.anotherInstance();
      const members = { [member]: 'javascript:alert(1)' };
      stage.tenant.setFaults({ kind: 'overlay', path: '*/openid-configuration', members });
      const answer = await fetch(`${url}/api/v1/auth/login`, { redirect: 'manual' });
      stage.tenant.setFaults();
      expect([answer.status, answer.headers.get('location')]).toEqual([503, null]);
    }
    const out = await logout('/');
    expect([out.status, new URL(String(out.body['location'])).protocol]).toEqual([200, 'http:']);
  });

  it('the way back is 303 and never 307, keeps nothing and sends no referrer (RFC 9700 4.12)', async () => {
    const { status, headers } = await stage.browser().signIn(upn);
    expect([status, headers.get('cache-control'), headers.get('referrer-policy')]).toEqual([
      303,
      'no-store',
      'no-referrer',
    ]);
  });

  it('the error of an attacker’s Entra answer reaches no page of ours', async () => {
    const browser = stage.browser();
    const back = new URL(await browser.goToEntra(upn));
    const query = new URLSearchParams({
      state: back.searchParams.get('state') ?? '',
      error: '<script>alert(1)</script>',
      error_description: 'visit https://attacker.example',
      error_uri: 'https://attacker.example',
    });
    const { status, body, headers } = await browser.request(`/api/v1/auth/callback?${query.toString()}`);
    expect([status, body['code']]).toEqual([401, 'auth.sign_in_refused']);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(body)).not.toMatch(/script|attacker/);
  });
});
