import type { TokenFlaw } from '../../demo/faults/fault-registry.js';
import { type AuthStage, PUBLIC_URL, startAuthStage } from './auth-stage.js';

describe('sign-in', () => {
  let stage: AuthStage;
  let administrator: string;
  beforeAll(async () => {
    stage = await startAuthStage();
    administrator = stage.tenant.administrator.userPrincipalName;
  });
  afterAll(() => stage.close());
  afterEach(() => stage.tenant.setFaults());

  const sessions = async () => Number((await stage.sql('SELECT count(*) AS n FROM user_sessions'))[0]?.['n']);

  it('leads through Entra to a session, an access token and a guarded route', async () => {
    const browser = stage.browser();
    const back = await browser.signIn(administrator, '/drift?open=1');
    expect([back.status, back.headers.get('location')]).toEqual([303, '/drift?open=1']);
    expect(back.headers.get('cache-control')).toBe('no-store');
    const { status, body, headers } = await browser.refresh();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'tokenType']);
    const me = await browser.call('GET', '/users/me', String(body['accessToken']));
    expect([me.status, me.body['objectId']]).toEqual([200, stage.tenant.administrator.objectId]);
  });

  it('sends the browser to Entra with S256, state and nonce, and keeps the verifier to itself', async () => {
    const { headers } = await stage.browser().request('/api/v1/auth/login?loginHint=a@b.example');
    const { searchParams } = new URL(headers.get('location') ?? '');
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    expect(searchParams.get('login_hint')).toBe('a@b.example');
    expect(searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/api/v1/auth/callback`);
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(searchParams.get(name)?.length).toBeGreaterThanOrEqual(43);
  });

  it('keeps neither state nor verifier nor refresh token in the clear', async () => {
    const browser = stage.browser();
    const back = new URL(await browser.goToEntra(administrator));
    const dump = JSON.stringify(await stage.sql('SELECT t.* FROM sign_in_attempts t'));
    expect(dump).not.toContain(back.searchParams.get('state'));
    await browser.request(back.href);
    const rows = await stage.sql<{ token_hash: Buffer }>('SELECT token_hash FROM refresh_tokens');
    const session = browser.cookies.get('blindspotx-session') ?? '';
    expect(rows.some(({ token_hash }) => token_hash.includes(Buffer.from(session, 'base64url')))).toBe(false);
  });

  it('sets cookies that scripts and other sites cannot use', async () => {
    const browser = stage.browser();
    await browser.signIn(administrator);
    const [signIn] = browser.setCookies.filter((line) => line.startsWith('blindspotx-sign-in='));
    const [session] = browser.setCookies.filter((line) => line.startsWith('blindspotx-session='));
    expect(signIn).toMatch(/HttpOnly; SameSite=Lax$/);
    expect(session).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(`${signIn}${session}`).not.toMatch(/Domain=|Secure/);
    expect([signIn, session]).toEqual([
      expect.stringContaining('Max-Age=600;'),
      expect.stringContaining('Max-Age=43200;'),
    ]);
  });

  it('makes the one whom the environment names an administrator, once, and nobody else anything', async () => {
    await stage.browser().signIn(administrator);
    await stage.browser().signIn(administrator);
    const stranger = stage.browser();
    const token = await stranger.accessToken(stage.person(0).upn);
    const assignments = await stage.sql(
      'SELECT u.object_id, a.assigned_by_id FROM role_assignments a JOIN users u ON u.id = a.user_id',
    );
    expect(assignments).toEqual([{ object_id: stage.tenant.administrator.objectId, assigned_by_id: 'bootstrap' }]);
    expect((await stranger.call('GET', '/users', token)).status).toBe(403);
    expect((await stranger.call('GET', '/users/me', token)).status).toBe(200);
  });

  describe('one-time state', () => {
    it('works once: the same answer a second time starts no session', async () => {
      const browser = stage.browser();
      const back = await browser.goToEntra(administrator);
      const cookie = `blindspotx-sign-in=${browser.cookies.get('blindspotx-sign-in')}`;
      expect((await browser.request(back)).status).toBe(303);
      const before = await sessions();
      const again = await browser.request(back, { headers: { cookie } });
      expect([again.status, again.body['code']]).toEqual([401, 'auth.sign_in_expired']);
      expect(await sessions()).toBe(before);
    });

    it('works for the browser that began it alone, and another browser cannot use it up', async () => {
      const victim = stage.browser();
      const back = await victim.goToEntra(administrator);
      const attacker = stage.browser();
      await attacker.goToEntra(administrator);
      for (const other of [attacker, stage.browser()]) {
        const answer = await other.request(back);
        expect([answer.status, answer.body['code']]).toEqual([401, 'auth.sign_in_expired']);
      }
      expect((await victim.request(back)).status).toBe(303);
    });

    it('lets two tabs of one browser sign in side by side', async () => {
      const browser = stage.browser();
      const first = await browser.goToEntra(administrator);
      const second = await browser.goToEntra(administrator);
      expect((await browser.request(second)).status).toBe(303);
      expect((await browser.request(first)).status).toBe(303);
    });

    it('expires by the clock of the database', async () => {
      const browser = stage.browser();
      const back = await browser.goToEntra(administrator);
      await stage.sql(`UPDATE sign_in_attempts SET expires_at = now() - interval '1 second'`);
      expect((await browser.request(back)).body['code']).toBe('auth.sign_in_expired');
    });
  });

  it('begins a new session at every sign-in and ends the one that the browser had', async () => {
    const browser = stage.browser();
    const old = await browser.accessToken(administrator);
    const fresh = await browser.accessToken(administrator);
    expect(fresh).not.toBe(old);
    expect((await browser.call('GET', '/users/me', old)).body['code']).toBe('auth.session_ended');
    expect((await browser.call('GET', '/users/me', fresh)).status).toBe(200);
  });

  it('puts the end of a replaced session on record in the tenant of the person whose session it was', async () => {
    const browser = stage.browser();
    await browser.signIn(stage.person(4).upn);
    const other = '01900000-0000-7000-8000-0000000000ff';
    await stage.sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 'other', true, false, 300)`,
      [other],
    );
    await stage.sql('UPDATE users SET tenant_id = $1 WHERE object_id = $2', [other, stage.person(4).objectId]);
    await browser.signIn(stage.person(5).upn);
    const records = await stage.sql(
      `SELECT e.tenant_id, by.object_id AS actor
         FROM audit_events e JOIN user_sessions s ON s.id::text = e.target_id JOIN users u ON u.id = s.user_id
         JOIN users by ON by.id::text = e.actor_id
        WHERE e.action = 'auth.session.ended' AND e.reason = 'replaced_by_new_sign_in' AND u.object_id = $1`,
      [stage.person(4).objectId],
    );
    expect(records).toEqual([{ tenant_id: other, actor: stage.person(5).objectId }]);
  });

  it('tells an error answer of Entra by its code, and uses the attempt up', async () => {
    const browser = stage.browser();
    const back = new URL(await browser.goToEntra(administrator));
    const state = back.searchParams.get('state') ?? '';
    const refused = `/api/v1/auth/callback?error=access_denied&error_description=AADSTS50105+anna@contoso.example&state=${state}`;
    const { status, body } = await browser.request(refused);
    expect([status, body['code']]).toEqual([401, 'auth.sign_in_refused']);
    expect(JSON.stringify(body)).toContain('access_denied');
    expect(JSON.stringify(body)).not.toContain('anna');
    expect((await browser.request(back.href)).body['code']).toBe('auth.sign_in_expired');
  });

  it.each([
    ['no parameters', ''],
    ['a code without state', '?code=abc'],
    ['two states', '?code=abc&state=a&state=b'],
    ['code and error', '?code=abc&error=x&state=a'],
    ['an empty code', '?code=&state=a'],
  ])('refuses a callback with %s', async (_what, query) => {
    const { status, body } = await stage.browser().request(`/api/v1/auth/callback${query}`);
    expect([status, body['code']]).toEqual([401, 'auth.sign_in_expired']);
  });

  it('takes over a key that Entra began to use a moment ago', async () => {
    stage.tenant.rotateKeys(false);
    expect((await stage.browser().signIn(administrator)).status).toBe(303);
  });

  const flaws: TokenFlaw[] = [
    'badSignature',
    'unknownKey',
    'algNone',
    'hs256',
    'wrongAudience',
    'wrongIssuer',
    'wrongTenant',
    'wrongNonce',
    'missingNonce',
    'missingSub',
    'missingOid',
    'missingIat',
    'missingAud',
    'expired',
    'notYetValid',
    'futureIat',
  ];
  it.each(flaws)('starts no session on an id token with the flaw %s', async (flaw) => {
    const browser = stage.browser();
    const before = await sessions();
    const back = await browser.goToEntra(administrator);
    stage.tenant.setFaults({ kind: 'idToken', flaw });
    const { status, body } = await browser.request(back);
    expect([status, body['code']]).toEqual([401, 'auth.id_token_invalid']);
    expect(browser.cookies.has('blindspotx-session')).toBe(false);
    expect(await sessions()).toBe(before);
  });

  it('accepts an id token without a key id while there is one key only', async () => {
    const browser = stage.browser();
    const back = await browser.goToEntra(administrator);
    stage.tenant.setFaults({ kind: 'idToken', flaw: 'missingKid' });
    expect((await browser.request(back)).status).toBe(303);
  });

  it.each([
    ['hangs', { kind: 'hang' as const }],
    ['answers HTML', { kind: 'html' as const, status: 200 }],
    ['answers 503', { kind: 'status' as const, status: 503 }],
    ['closes the connection', { kind: 'close' as const }],
    ['truncates', { kind: 'cut' as const }],
  ])(
    'costs sign-ins alone when the token endpoint %s',
    async (_what, fault) => {
      const running = stage.browser();
      const token = await running.accessToken(administrator);
      const browser = stage.browser();
      const back = await browser.goToEntra(administrator);
      stage.tenant.setFaults({ ...fault, path: `/${stage.tenant.tenantId}/*` });
      const { status, body, headers } = await browser.request(back);
      expect([status, body['code']]).toEqual([503, 'auth.entra_unavailable']);
      expect(headers.get('retry-after')).not.toBeNull();
      expect((await running.call('GET', '/users/me', token)).status).toBe(200);
      expect((await running.refresh()).status).toBe(200);
    },
    20_000,
  );

  it('logs nothing of the person and nothing secret', async () => {
    const browser = stage.browser();
    await browser.signIn(stage.person(1).upn);
    const log = JSON.stringify(stage.service.logged);
    const { upn } = stage.person(1);
    const secrets = {
      upn,
      session: browser.cookies.get('blindspotx-session') ?? '',
      secret: stage.tenant.clientSecret,
    };
    expect(Object.entries(secrets).filter(([, value]) => value === '' || log.includes(value))).toEqual([]);
  });
});

describe('sign-in that is not set up', () => {
  it('says so in words, and the rest of the service runs', async () => {
    const { startTestService } = await import('../support/test-service.js');
    const service = await startTestService();
    const answer = await fetch(`${service.url}/api/v1/auth/login`, { redirect: 'manual' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'auth.not_configured',
      detail: expect.stringContaining('ENTRA_TENANT_ID'),
    });
    expect((await fetch(`${service.url}/.well-known/jwks.json`)).status).toBe(200);
    await service.close();
  });
});
