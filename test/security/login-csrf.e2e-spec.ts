import { createHash } from 'node:crypto';
import { type Answer, type AuthStage, type Browser, PUBLIC_URL, startAuthStage } from '../auth/auth-stage.js';
import { beginSignIn, recordingRequests, signInWith } from './sign-in-attempt.js';

const UNLIMITED = { RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };
const OTHER_TENANT = '66666666-6666-4666-8666-666666666666';

/** Study 3: login CSRF, fixation, PKCE; fail open; what is special about Entra ID. */
describe('sign-in against', () => {
  let stage: AuthStage;
  let upn: string;
  let objectId: string;
  beforeAll(async () => {
    stage = await startAuthStage(UNLIMITED);
    ({ upn, objectId } = stage.person(0));
  });
  afterAll(() => stage.close());
  afterEach(() => stage.tenant.setFaults());

  const brief = ({ status, body }: Answer) => [status, body['code']];
  const sessions = async () => Number((await stage.sql('SELECT count(*) AS n FROM user_sessions'))[0]?.['n']);
  const signInCookie = (browser: Browser) => `blindspotx-sign-in=${browser.cookies.get('blindspotx-sign-in')}`;
  const userIds = (where: string, value: unknown) =>
    stage.sql<{ id: string }>(`SELECT id FROM users WHERE ${where} = $1`, [value]);

  describe('login CSRF and fixation', () => {
    it('Zitadel CVE-2024-28197, Auth.js GHSA-x445: an answer that another browser began signs nobody in', async () => {
      const attacker = await beginSignIn(stage, upn);
      for (const victim of [stage.browser(), (await beginSignIn(stage, upn)).browser]) {
        const before = await sessions();
        expect(brief(await victim.request(attacker.back))).toEqual([401, 'auth.sign_in_expired']);
        expect([victim.cookies.has('blindspotx-session'), await sessions()]).toEqual([false, before]);
      }
      expect((await attacker.browser.request(attacker.back)).status).toBe(303);
    });

    it('a code of the attacker under the victim’s own state is refused by its PKCE verifier and nonce', async () => {
      const [attacker, victim] = [await beginSignIn(stage, stage.person(1).upn), await beginSignIn(stage, upn)];
      const state = new URL(victim.back).searchParams.get('state') ?? '';
      const injected = `/api/v1/auth/callback?${new URLSearchParams({ code: attacker.code, state }).toString()}`;
      expect(brief(await victim.browser.request(injected))).toEqual([401, 'auth.sign_in_refused']);
      const again = await beginSignIn(stage, upn);
      expect((await again.browser.request(again.back)).status).toBe(303);
    });

    it('passport CVE-2022-25896: no cookie from before the sign-in is good after it, and the old session is over', async () => {
      const browser = stage.browser();
      const token = await browser.accessToken(upn);
      const old = browser.cookies.get('blindspotx-session');
      expect((await browser.signIn(upn)).status).toBe(303);
      expect(browser.cookies.get('blindspotx-session')).not.toBe(old);
      const stale = await stage.browser().request('/api/v1/auth/refresh', {
        method: 'POST',
        headers: { origin: PUBLIC_URL, cookie: `blindspotx-session=${old}` },
      });
      expect(stale.status).toBe(401);
      expect(brief(await browser.call('GET', '/users/me', token))).toEqual([401, 'auth.session_ended']);
      expect((await browser.refresh()).status).toBe(200);
    });

    it('a session cookie that the attacker planted doesn’t become the victim’s', async () => {
      const planted = 'A'.repeat(43);
      const browser = stage.browser();
      browser.cookies.set('blindspotx-session', planted);
      browser.cookies.set('blindspotx-sign-in', planted);
      expect((await browser.signIn(upn)).status).toBe(303);
      expect(browser.cookies.get('blindspotx-session')).not.toBe(planted);
    });

    it.each([
      ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }],
      ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' }],
      [
        'a page that nobody clicked',
        { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' },
      ],
    ])(
      'a sign-in begun by %s of another site is refused, one that somebody clicked there is not',
      async (_what, headers) => {
        const path = '/api/v1/auth/login';
        const refused = await stage.browser().request(path, { headers: headers as Record<string, string> });
        expect([refused.headers.getSetCookie(), ...brief(refused)]).toEqual([[], 403, 'auth.cross_site']);
        const clicked = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' };
        const answer = await stage.browser().request(path, { headers: { ...clicked, 'sec-fetch-user': '?1' } });
        expect(answer.status).toBe(302);
      },
    );

    it('a state that is somebody else’s, cut, longer or empty works for nobody', async () => {
      const { browser, back } = await beginSignIn(stage, upn);
      const cookie = signInCookie(browser);
      const state = new URL(back).searchParams.get('state') ?? '';
      for (const wrong of [state.slice(1), `${state}A`, state.toUpperCase(), '', '%00', state.replace(/.$/, '!')]) {
        const url = new URL(back);
        url.searchParams.set('state', wrong);
        expect((await browser.request(url.href, { headers: { cookie } })).status).toBe(401);
      }
      expect((await browser.request(back, { headers: { cookie } })).status).toBe(303);
    });
  });

  describe('PKCE downgrade', () => {
    it('authentik CVE-2024-23647: the challenge is always sent, S256, and its verifier always comes with the code', async () => {
      const browser = stage.browser();
      const { headers } = await browser.request(`/api/v1/auth/login?loginHint=${encodeURIComponent(upn)}`);
      const entra = new URL(headers.get('location') ?? '');
      expect(entra.searchParams.get('code_challenge_method')).toBe('S256');
      const back = (await fetch(entra, { redirect: 'manual' })).headers.get('location') ?? '';
      const sent = await recordingRequests(() => browser.request(back));
      const [exchange] = sent.filter(({ body }) => body.includes('authorization_code'));
      const verifier = new URLSearchParams(exchange?.body).get('code_verifier') ?? '';
      expect(verifier).toMatch(/^[\w-]{43}$/);
      expect(createHash('sha256').update(verifier).digest('base64url')).toBe(entra.searchParams.get('code_challenge'));
      expect(browser.cookies.has('blindspotx-session')).toBe(true);
    });

    it('two sign-ins share neither state nor nonce nor challenge', async () => {
      const seen = new Set<string>();
      for (let round = 0; round < 5; round++) {
        const { headers } = await stage.browser().request('/api/v1/auth/login');
        const { searchParams } = new URL(headers.get('location') ?? '');
        for (const name of ['state', 'nonce', 'code_challenge']) seen.add(searchParams.get(name) ?? '');
      }
      expect(seen.size).toBe(15);
    });
  });

  describe('nOAuth', () => {
    it('an address that was somebody else’s gives another account: people are (tid, oid)', async () => {
      const [victim, attacker] = [stage.person(2), stage.person(3)];
      expect((await signInWith(stage, victim.upn, {})).status).toBe(303);
      const claims = { email: victim.upn, preferred_username: victim.upn, upn: victim.upn, email_verified: true };
      expect((await signInWith(stage, attacker.upn, { claims })).status).toBe(303);
      const [theirs] = await userIds('object_id', attacker.objectId);
      const [first] = await userIds('object_id', victim.objectId);
      expect(theirs?.id).toBeDefined();
      expect(theirs?.id).not.toBe(first?.id);
    });

    it('the administrator whom the environment names is an object id of one tenant and no address', async () => {
      const { userPrincipalName, objectId: named } = stage.tenant.administrator;
      const claims = { email: userPrincipalName, preferred_username: userPrincipalName };
      expect((await signInWith(stage, stage.person(4).upn, { claims })).status).toBe(303);
      const administrators = await stage.sql(
        'SELECT u.object_id FROM role_assignments a JOIN users u ON u.id = a.user_id',
      );
      expect(administrators).toEqual([]);
      expect((await signInWith(stage, userPrincipalName, {})).status).toBe(303);
      expect(await stage.sql('SELECT u.object_id FROM role_assignments a JOIN users u ON u.id = a.user_id')).toEqual([
        { object_id: named },
      ]);
    });

    it('the same person with another name and address keeps the account', async () => {
      expect((await signInWith(stage, upn, {})).status).toBe(303);
      const claims = { name: 'Changed', preferred_username: 'changed@contoso.example', email: undefined };
      expect((await signInWith(stage, upn, { claims })).status).toBe(303);
      expect(await userIds('object_id', objectId)).toHaveLength(1);
    });
  });

  describe('tokens of other tenants', () => {
    const otherIssuer = () => stage.tenant.issuer.replace(stage.tenant.tenantId, OTHER_TENANT);
    /** Another tenant of the same cloud: its documents and its token endpoint, signed with the cloud's keys, as Entra does. */
    const serveOther = (idToken: string) => {
      const { authorityHost, browserUrl, tenantId } = stage.tenant;
      const address = `${authorityHost}/${OTHER_TENANT}`;
      stage.tenant.setFaults(
        {
          kind: 'body',
          path: `/${OTHER_TENANT}/v2.0/.well-known/openid-configuration`,
          body: JSON.stringify({
            issuer: otherIssuer(),
            authorization_endpoint: `${browserUrl}/${OTHER_TENANT}/oauth2/v2.0/authorize`,
            token_endpoint: `${address}/oauth2/v2.0/token`,
            jwks_uri: `${authorityHost}/${tenantId}/discovery/v2.0/keys`,
          }),
        },
        {
          kind: 'body',
          path: `/${OTHER_TENANT}/oauth2/v2.0/token`,
          body: JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'x', id_token: idToken }),
        },
      );
    };
    const begin = async (tenant: string) => {
      const browser = stage.browser();
      const answer = await browser.request(`/api/v1/auth/login?tenant=${tenant}`);
      const entra = new URL(answer.headers.get('location') ?? 'http://nowhere.invalid');
      const { searchParams } = entra;
      return { browser, answer, entra, state: searchParams.get('state') ?? '', nonce: searchParams.get('nonce') ?? '' };
    };
    const allow = (allowed: boolean) =>
      stage.sql(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES (gen_random_uuid(), $1, 'other', $2, false, 300)
         ON CONFLICT (entra_tenant_id) DO UPDATE SET sign_in_allowed = $2`,
        [OTHER_TENANT, allowed],
      );
    const idTokenOf = (tid: string, iss: string, nonce: string) =>
      stage.tenant.mintToken({ kind: 'id', objectId, nonce, claims: { tid, iss } });
    const comeBack = (browser: Browser, state: string, more: Record<string, string> = {}) =>
      browser.request(`/api/v1/auth/callback?${new URLSearchParams({ code: 'c', state, ...more }).toString()}`);

    it.each([
      ['unknown here', null],
      ['known and not allowed', false],
    ])('a tenant that is %s is refused before anybody is asked', async (_what, allowed) => {
      if (allowed !== null) await allow(allowed);
      const sent = await recordingRequests(async () => {
        const { answer } = await begin(OTHER_TENANT);
        expect(brief(answer)).toEqual([403, 'auth.tenant_not_allowed']);
      });
      expect(sent.filter(({ url }) => url.includes(OTHER_TENANT))).toHaveLength(1);
      expect((await begin(stage.tenant.tenantId)).answer.status).toBe(302);
    });

    it('an allowed tenant signs in at its own authority, and its people are others than ours with the same oid', async () => {
      await allow(true);
      serveOther('');
      const { browser, entra, state, nonce } = await begin(OTHER_TENANT.toUpperCase());
      expect(entra.pathname).toBe(`/${OTHER_TENANT}/oauth2/v2.0/authorize`);
      stage.tenant.setFaults();
      serveOther(idTokenOf(OTHER_TENANT, otherIssuer(), nonce));
      expect((await comeBack(browser, state)).status).toBe(303);
      const rows = await stage.sql(
        'SELECT t.entra_tenant_id FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.object_id = $1',
        [objectId],
      );
      expect(rows.map(({ entra_tenant_id }) => entra_tenant_id).sort()).toEqual(
        [OTHER_TENANT, stage.tenant.tenantId].sort(),
      );
    });

    it.each([
      ['tid and iss of ours', () => ({ tid: stage.tenant.tenantId, iss: stage.tenant.issuer })],
      ['tid of ours under its own iss', () => ({ tid: stage.tenant.tenantId, iss: otherIssuer() })],
      ['its own tid under the iss of ours', () => ({ tid: OTHER_TENANT, iss: stage.tenant.issuer })],
    ] as const)(
      'CVE-2025-55241, passport-azure-ad validateIssuer: an allowed tenant that answers with %s signs nobody in',
      async (_what, of) => {
        await allow(true);
        serveOther('');
        const { browser, state, nonce } = await begin(OTHER_TENANT);
        const before = await sessions();
        const { tid, iss } = of();
        stage.tenant.setFaults();
        serveOther(idTokenOf(tid, iss, nonce));
        expect(brief(await comeBack(browser, state))).toEqual([401, 'auth.id_token_invalid']);
        expect(await sessions()).toBe(before);
      },
    );

    it('mix-up (RFC 9207): an answer that names another authority is refused and its code sent nowhere', async () => {
      for (const iss of ['https://attacker.example/v2.0', `${stage.tenant.issuer}/`, otherIssuer()]) {
        const { browser, back } = await beginSignIn(stage, upn);
        const sent = await recordingRequests(async () => {
          expect(brief(await browser.request(`${back}&iss=${encodeURIComponent(iss)}`))).toEqual([
            401,
            'auth.sign_in_refused',
          ]);
        });
        expect(sent.filter(({ body }) => body.includes('authorization_code'))).toEqual([]);
      }
      const { browser, back } = await beginSignIn(stage, upn);
      expect((await browser.request(`${back}&iss=${encodeURIComponent(stage.tenant.issuer)}`)).status).toBe(303);
    });

    it.each(['common', 'organizations', 'consumers', '../x', `${OTHER_TENANT}/..`, '9188040d'])(
      'the tenant of all tenants, or a path, is no tenant: %s',
      async (tenant) => {
        expect(brief((await begin(encodeURIComponent(tenant))).answer)).toEqual([400, 'request.invalid']);
      },
    );
  });

  describe('failing open', () => {
    it.each([
      ['Entra ID refuses the client', { ENTRA_CLIENT_SECRET: 'a-secret-of-nobody' }, 401, 'auth.sign_in_refused'],
      ['the client id is another', { ENTRA_CLIENT_ID: OTHER_TENANT }, 302, undefined],
    ])(
      'Auth.js GHSA-8fpg: nobody comes in when %s',
      async (_what, env, status, code) => {
        const broken = await startAuthStage({ ...UNLIMITED, ...env });
        try {
          const browser = broken.browser();
          if (status === 302) {
            const { headers } = await browser.request(`/api/v1/auth/login?loginHint=${encodeURIComponent(upn)}`);
            expect((await fetch(headers.get('location') ?? '', { redirect: 'manual' })).status).toBe(400);
          } else {
            expect(brief(await browser.signIn(broken.person(0).upn))).toEqual([status, code]);
          }
          expect(await broken.sql('SELECT 1 FROM user_sessions')).toEqual([]);
        } finally {
          await broken.close();
        }
      },
      60_000,
    );

    it.each([
      ['an empty object', '{}'],
      ['no id token', '{"token_type":"Bearer","access_token":"x","expires_in":3599}'],
      ['an id token that is null', '{"token_type":"Bearer","access_token":"x","expires_in":3599,"id_token":null}'],
      ['an id token that is no JWT', '{"token_type":"Bearer","access_token":"x","expires_in":3599,"id_token":"x"}'],
      ['HTML', '<html></html>'],
      ['nothing', ''],
    ])('a token endpoint that answers 200 with %s signs nobody in', async (_what, body) => {
      const { browser, back } = await beginSignIn(stage, upn);
      const before = await sessions();
      stage.tenant.setFaults({ kind: 'body', path: `/${stage.tenant.tenantId}/oauth2/v2.0/token`, body });
      const answer = await browser.request(back);
      expect([401, 503]).toContain(answer.status);
      expect([browser.cookies.has('blindspotx-session'), await sessions()]).toEqual([false, before]);
      stage.tenant.setFaults();
      expect((await signInWith(stage, upn, {})).status).toBe(303);
    });
  });

  describe('a session that is bound to a key from its beginning', () => {
    it.each(['short', 'A'.repeat(44), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}/`])(
      'a thumbprint of another form is refused: %s',
      async (dpopJkt) => {
        const query = new URLSearchParams({ dpopJkt }).toString();
        expect(brief(await stage.browser().request(`/api/v1/auth/login?${query}`))).toEqual([400, 'request.invalid']);
      },
    );

    it('is kept with the sign-in, and the stolen cookie is worth nothing without the key', async () => {
      const dpopJkt = createHash('sha256').update('a key').digest('base64url');
      const browser = stage.browser();
      const query = new URLSearchParams({ dpopJkt, loginHint: upn }).toString();
      const { headers } = await browser.request(`/api/v1/auth/login?${query}`);
      const back = (await fetch(headers.get('location') ?? '', { redirect: 'manual' })).headers.get('location') ?? '';
      expect((await browser.request(back)).status).toBe(303);
      const [row] = await stage.sql('SELECT dpop_jkt FROM user_sessions ORDER BY id DESC LIMIT 1');
      expect(row).toEqual({ dpop_jkt: dpopJkt });
      expect(brief(await browser.refresh())).toEqual([401, 'auth.refresh_invalid']);
    });
  });
});
