import { generateKeyPairSync, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenPlan } from '../../demo/entra/token-issuer.js';
import { type Answer, type AuthStage, startAuthStage } from '../auth/auth-stage.js';
import { diesInTime } from '../auth/dies-in-time.js';
import { answeringWith, beginSignIn, recordingRequests, signInWith } from './sign-in-attempt.js';

const UNLIMITED = { RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };
/** Least time between two looks for an unknown key of a sign-in. */
const LOOK_AGAIN_MS = 2100;
const TENANT_OF_NOBODY = '99999999-9999-4999-8999-999999999999';

/** The relying-party modules of the OpenID conformance suite by name, and beside them the cases that it has no module for. */
describe('the relying party', () => {
  let stage: AuthStage;
  let upn: string;
  let objectId: string;
  beforeAll(async () => {
    stage = await startAuthStage(UNLIMITED);
    ({ upn, objectId } = stage.person(0));
  });
  afterAll(() => stage.close());
  afterEach(() => stage.tenant.setFaults());

  const sessions = async () => Number((await stage.sql('SELECT count(*) AS n FROM user_sessions'))[0]?.['n']);
  const brief = ({ status, body }: Answer) => [status, body['code']];
  const properSignIn = async () => (await signInWith(stage, upn, {})).status;
  const expectRefused = async (answer: Answer, before: number, code = 'auth.id_token_invalid') => {
    expect(brief(answer)).toEqual([401, code]);
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('blindspotx-session='))).toEqual([]);
    expect(await sessions()).toBe(before);
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = () => Math.floor(Date.now() / 1000);
  /** The right claims under another signature. */
  const signedBy = (token: string, header: object, signature: (input: string) => Buffer) => {
    const [head = '', payload = ''] = token.split('.');
    const original = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
    const input = `${part({ ...original, ...header })}.${payload}`;
    return `${input}.${signature(input).toString('base64url')}`;
  };

  it('oidcc-client-test: signs in, and the account is (tid, oid)', async () => {
    expect(await properSignIn()).toBe(303);
    const rows = await stage.sql('SELECT object_id FROM users WHERE object_id = $1', [objectId]);
    expect(rows).toEqual([{ object_id: objectId }]);
  });

  it.each<[string, Partial<TokenPlan>]>([
    ['oidcc-client-test-invalid-iss', { flaw: 'wrongIssuer' }],
    ['oidcc-client-test-missing-sub', { flaw: 'missingSub' }],
    ['oidcc-client-test-invalid-aud', { flaw: 'wrongAudience' }],
    ['oidcc-client-test-missing-aud', { flaw: 'missingAud' }],
    ['oidcc-client-test-missing-iat', { flaw: 'missingIat' }],
    ['oidcc-client-test-nonce-invalid', { flaw: 'wrongNonce' }],
    ['oidcc-client-test-idtoken-sig-none', { flaw: 'algNone' }],
    ['oidcc-client-test-invalid-sig-rs256', { flaw: 'badSignature' }],
    ['oidcc-client-test-invalid-sig-hs256', { flaw: 'hs256' }],
    ['oidcc-client-test-invalid-athash', { flaw: 'wrongAtHash' }],
    ['oidcc-client-test-invalid-chash', { flaw: 'wrongCHash' }],
    ['no module: nonce missing', { flaw: 'missingNonce' }],
    ['no module: expired', { flaw: 'expired' }],
    ['no module: not yet valid', { flaw: 'notYetValid' }],
    ['no module: issued in the future', { flaw: 'futureIat' }],
    ['no module: tid of another tenant', { flaw: 'wrongTenant' }],
    ['no module: no tid', { claims: { tid: undefined } }],
    ['no module: no oid', { flaw: 'missingOid' }],
    ['no module: ours among several audiences', { claims: { aud: ['x', TENANT_OF_NOBODY] } }],
    ['no module: key of the attacker by jku', { flaw: 'unknownKey', header: { jku: 'https://attacker.example/keys' } }],
    [
      'no module: key of the attacker by x5u',
      { flaw: 'unknownKey', header: { x5u: 'https://attacker.example/c.pem' } },
    ],
    ['no module: an access token for an id token', { kind: 'api' }],
    ['no module: a logout token for an id token', { kind: 'logout', sid: 'x' }],
  ])('%s is refused, and the proper id token is not', async (_module, plan) => {
    const before = await sessions();
    await expectRefused(await signInWith(stage, upn, plan), before);
    expect(await properSignIn()).toBe(303);
  });

  it('oidcc-client-test-invalid-sig-es256 is refused, also with a key in the header', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const header of [{ alg: 'ES256' }, { alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) }]) {
      const before = await sessions();
      const { browser, nonce, back } = await beginSignIn(stage, upn);
      const right = stage.tenant.mintToken({ kind: 'id', objectId, nonce });
      const forged = signedBy(right, header, (input) =>
        sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      );
      stage.tenant.setFaults(answeringWith(stage, forged));
      await expectRefused(await browser.request(back), before);
    }
    expect(await properSignIn()).toBe(303);
  });

  it('oidcc-client-test-idtoken-sig-rs256 is what is accepted', async () => {
    const { browser, nonce, back } = await beginSignIn(stage, upn);
    const token = stage.tenant.mintToken({ kind: 'id', objectId, nonce });
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ alg: 'RS256' });
    stage.tenant.setFaults(answeringWith(stage, token));
    expect((await browser.request(back)).status).toBe(303);
  });

  it('oidcc-client-test-kid-absent-single-jwks is accepted', async () => {
    expect((await signInWith(stage, upn, { flaw: 'missingKid' })).status).toBe(303);
  });

  it('oidcc-client-test-missing-athash and -missing-chash are accepted: both are optional in the code flow', async () => {
    const claims = { at_hash: undefined, c_hash: undefined };
    expect((await signInWith(stage, upn, { claims })).status).toBe(303);
  });

  it('at_hash and c_hash that are right are accepted, and those of another answer refused', async () => {
    const right = await beginSignIn(stage, upn);
    stage.tenant.setFaults({ kind: 'idTokenHashes' });
    expect((await right.browser.request(right.back)).status).toBe(303);
    for (const flaw of ['wrongAtHash', 'wrongCHash'] as const) {
      const before = await sessions();
      const wrong = await beginSignIn(stage, upn);
      stage.tenant.setFaults({ kind: 'idTokenHashes' }, { kind: 'idToken', flaw });
      await expectRefused(await wrong.browser.request(wrong.back), before);
      stage.tenant.setFaults();
    }
  });

  it('oidcc-client-test-userinfo-invalid-sub and -scope-userinfo-claims: userinfo is never called', async () => {
    const sent = await recordingRequests(async () => {
      const { browser, back } = await beginSignIn(stage, upn);
      expect((await browser.request(back)).status).toBe(303);
    });
    const toEntra = sent.filter(({ url }) => url.startsWith(stage.tenant.authorityHost));
    expect(toEntra.map(({ url }) => new URL(url).pathname)).toEqual([`/${stage.tenant.tenantId}/oauth2/v2.0/token`]);
  });

  it('oidcc-client-test-client-secret-basic: Entra takes the secret in the body, where it is and nowhere else', async () => {
    const sent = await recordingRequests(async () => {
      const { browser, back } = await beginSignIn(stage, upn);
      expect((await browser.request(back)).status).toBe(303);
    });
    const [exchange] = sent.filter(({ body }) => body.includes('grant_type='));
    const form = new URLSearchParams(exchange?.body);
    expect([form.get('client_id'), form.get('client_secret')]).toEqual([
      stage.tenant.clientId,
      stage.tenant.clientSecret,
    ]);
    expect(sent.some(({ url }) => url.includes(encodeURIComponent(stage.tenant.clientSecret)))).toBe(false);
  });

  it('oidcc-client-test-refresh-token, -invalid-issuer and -invalid-sub: no refresh token of Entra is asked for or used', async () => {
    const sent = await recordingRequests(async () => {
      const { browser, back } = await beginSignIn(stage, upn);
      expect((await browser.request(back)).status).toBe(303);
      expect((await browser.refresh()).status).toBe(200);
    });
    const forms = sent
      .filter(({ url }) => url.startsWith(stage.tenant.authorityHost))
      .map(({ body }) => new URLSearchParams(body));
    expect(forms.map((form) => form.get('grant_type'))).toEqual(['authorization_code']);
    const { headers } = await stage.browser().request('/api/v1/auth/login');
    const scope = new URL(headers.get('location') ?? '').searchParams.get('scope')?.split(' ');
    // MSAL adds offline_access by itself; what comes back for it is thrown away with MSAL's client.
    expect(scope?.filter((one) => one !== 'offline_access').sort()).toEqual(['openid', 'profile']);
  });

  it('no module: a code that comes back twice starts one session', async () => {
    const { browser, back } = await beginSignIn(stage, upn);
    const cookie = `blindspotx-sign-in=${browser.cookies.get('blindspotx-sign-in')}`;
    expect((await browser.request(back)).status).toBe(303);
    const before = await sessions();
    await expectRefused(await browser.request(back, { headers: { cookie } }), before, 'auth.sign_in_expired');
    const stolen = await beginSignIn(stage, upn);
    const state = new URL(stolen.back).searchParams.get('state') ?? '';
    const replayed = `/api/v1/auth/callback?${new URLSearchParams({ code: new URL(back).searchParams.get('code') ?? '', state }).toString()}`;
    await expectRefused(await stolen.browser.request(replayed), before, 'auth.sign_in_refused');
  });

  describe('discovery and keys', () => {
    const DISCOVERY = '*/openid-configuration';
    const KEYS = '*/discovery/v2.0/keys';
    /** An instance that has read nothing of the authority yet. */
    const fresh = () => stage.anotherInstance();
    const login = async (url: string) => {
      const answer = await fetch(`${url}/api/v1/auth/login`, { redirect: 'manual' });
      const body = answer.status === 302 ? {} : ((await answer.json()) as Record<string, unknown>);
      return { status: answer.status, code: body['code'], location: answer.headers.get('location') ?? '' };
    };

    it('oidcc-client-test-discovery-openid-config: the addresses are those of the document', async () => {
      const { url } = await fresh();
      const elsewhere = `${stage.tenant.browserUrl}/${stage.tenant.tenantId}/elsewhere/authorize`;
      stage.tenant.setFaults({ kind: 'overlay', path: DISCOVERY, members: { authorization_endpoint: elsewhere } });
      expect((await login(url)).location).toMatch(new RegExp(`^${elsewhere}\\?`));
    });

    it.each([
      ['oidcc-client-test-discovery-issuer-mismatch', { issuer: 'https://login.attacker.example/v2.0' }],
      ['no module: keys at another origin', { jwks_uri: 'https://attacker.example/keys' }],
      ['no module: secrets to another origin', { token_endpoint: 'https://attacker.example/token' }],
      ['no module: a page over plain http', { authorization_endpoint: 'http://attacker.example/authorize' }],
      ['no module: a logout page over plain http', { end_session_endpoint: 'http://attacker.example/logout' }],
      ['no module: a script for a page', { authorization_endpoint: 'javascript:alert(1)' }],
    ])('%s costs the sign-in, and the right document doesn’t', async (_module, members) => {
      const { url } = await fresh();
      stage.tenant.setFaults({ kind: 'overlay', path: DISCOVERY, members });
      expect(await login(url)).toMatchObject({ status: 503, code: 'auth.entra_unavailable' });
      stage.tenant.setFaults();
      expect((await login(url)).status).toBe(302);
    });

    it('oidcc-client-test-discovery-jwks-uri-keys: the keys are those at jwks_uri', async () => {
      const service = await fresh();
      const { body } = await jwks();
      const members = { jwks_uri: `${stage.tenant.authorityHost}/other/keys` };
      stage.tenant.setFaults(
        { kind: 'overlay', path: DISCOVERY, members },
        { kind: 'body', path: '/other/keys', body },
        { kind: 'status', path: KEYS, status: 503 },
      );
      const { browser, back } = await beginSignIn(stage, upn, service);
      expect((await browser.request(back)).status).toBe(303);
    });

    const jwks = async () => ({
      body: await (await fetch(`${stage.tenant.authority}/discovery/v2.0/keys`)).text(),
    });

    it.each([
      ['hangs', { kind: 'hang' as const }],
      ['answers 503 in HTML', { kind: 'html' as const, status: 503 }],
      ['answers 200 in HTML', { kind: 'html' as const, status: 200 }],
      ['is huge', { kind: 'huge' as const, bytes: 3_000_000 }],
      ['is cut off', { kind: 'cut' as const }],
      ['is a list', { kind: 'body' as const, body: '[]' }],
      ['has no keys', { kind: 'body' as const, body: '{"keys":[]}' }],
    ])(
      'no module: a key set that %s costs the sign-in and not the process (passport-azure-ad dies of it)',
      async (_what, fault) => {
        const { url } = await fresh();
        stage.tenant.setFaults({ ...fault, path: KEYS });
        expect(await login(url)).toMatchObject({ status: 503, code: 'auth.entra_unavailable' });
        stage.tenant.setFaults();
        expect((await login(url)).status).toBe(302);
      },
      20_000,
    );

    it('no module: somebody else’s keys under the right key ids let nobody in', async () => {
      const service = await fresh();
      stage.tenant.setFaults({ kind: 'wrongKeys', path: KEYS });
      const { browser, back } = await beginSignIn(stage, upn, service);
      expect(brief(await browser.request(back))).toEqual([401, 'auth.id_token_invalid']);
    });

    it('oidcc-client-test-signing-key-rotation: a key that is new since the last sign-in is fetched', async () => {
      await sleep(LOOK_AGAIN_MS);
      expect(await properSignIn()).toBe(303);
      stage.tenant.setFaults();
      stage.tenant.rotateKeys();
      expect(await properSignIn()).toBe(303);
    });

    it('oidcc-client-test-signing-key-rotation-just-before-signing: a key that is new since the code is fetched', async () => {
      await sleep(LOOK_AGAIN_MS);
      const { browser, back } = await beginSignIn(stage, upn);
      stage.tenant.setFaults({ kind: 'rotateKeys', keepOld: false, times: 1 });
      expect((await browser.request(back)).status).toBe(303);
    });

    it('oidcc-client-test-kid-absent-multiple-jwks: without a key id no key of several is tried', async () => {
      stage.tenant.rotateKeys();
      await sleep(LOOK_AGAIN_MS);
      expect(await properSignIn()).toBe(303);
      const before = await sessions();
      await expectRefused(await signInWith(stage, upn, { flaw: 'missingKid' }), before);
      expect(await properSignIn()).toBe(303);
    });
  });

  describe('back-channel logout', () => {
    const send = async (form: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
      stage.browser().request('/api/v1/auth/backchannel-logout', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      });
    interface Victim {
      sid: string;
      token: string;
      works(): Promise<number>;
    }
    const signedIn = async (): Promise<Victim> => {
      stage.tenant.setFaults();
      const browser = stage.browser();
      const token = await browser.accessToken(upn);
      const [row] = await stage.sql<{ sid: string }>(
        'SELECT entra_session_id AS sid FROM user_sessions ORDER BY id DESC LIMIT 1',
      );
      const works = async () => (await browser.call('GET', '/users/me', token)).status;
      return { sid: row?.sid ?? '', token, works };
    };
    const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
    const logoutToken = (plan: Partial<TokenPlan>) => stage.tenant.mintToken({ kind: 'logout', ...plan });

    it('oidcc-client-test-rp-backchannel-rpinitlogout: a proper logout token ends the session', async () => {
      const victim = await signedIn();
      const answer = await send({ logout_token: logoutToken({ sid: victim.sid }), unknown: 'ignored' });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(await diesInTime(victim.works)).toBe(401);
    });

    it('ends all sessions of a person when the token names no session, and only those of the named one otherwise', async () => {
      const [first, second] = [await signedIn(), await signedIn()];
      expect(first.sid).not.toBe(second.sid);
      expect((await send({ logout_token: logoutToken({ sid: first.sid, objectId }) })).status).toBe(200);
      expect([await diesInTime(first.works), await second.works()]).toEqual([401, 200]);
      const other = stage.person(1);
      const stranger = await stage.browser().accessToken(other.upn);
      expect((await send({ logout_token: logoutToken({ objectId }) })).status).toBe(200);
      expect(await diesInTime(second.works)).toBe(401);
      expect((await stage.browser().call('GET', '/users/me', stranger)).status).toBe(200);
    });

    it('ends nothing when session and person don’t belong together', async () => {
      const victim = await signedIn();
      const token = logoutToken({ sid: victim.sid, objectId: stage.person(1).objectId });
      expect((await send({ logout_token: token })).status).toBe(200);
      expect(await victim.works()).toBe(200);
    });

    it.each<[string, Partial<TokenPlan>]>([
      ['alg-none', { flaw: 'algNone' }],
      ['no-event', { claims: { events: undefined } }],
      ['with-nonce', { claims: { nonce: 'x' } }],
      ['wrong-alg', { flaw: 'hs256' }],
      ['wrong-aud', { flaw: 'wrongAudience' }],
      ['wrong-event', { claims: { events: { 'http://schemas.openid.net/event/other': {} } } }],
      ['wrong-iss', { flaw: 'wrongIssuer' }],
      ['no module: bad signature', { flaw: 'badSignature' }],
      ['no module: unknown key', { flaw: 'unknownKey' }],
      ['no module: another tenant under our issuer', { flaw: 'wrongTenant' }],
      ['no module: expired', { flaw: 'expired' }],
      ['no module: issued in the future', { flaw: 'futureIat' }],
      ['no module: no iat', { flaw: 'missingIat' }],
      ['no module: an hour of life', { claims: { exp: now() + 3600 } }],
      ['no module: no exp', { claims: { exp: undefined } }],
      ['no module: no jti', { claims: { jti: undefined } }],
      ['no module: type JWT', { header: { typ: 'JWT' } }],
      ['no module: neither sid nor sub', { claims: { sid: undefined, sub: undefined } }],
      ['no module: an event that is true', { claims: { events: { [EVENT]: true } } }],
    ])(
      'oidcc-client-test-rp-backchannel-rpinitlogout-%s is refused, and a proper one is not',
      async (_module, flaw) => {
        const victim = await signedIn();
        const plan = { sid: victim.sid, ...flaw };
        const { status, body, headers } = await send({ logout_token: logoutToken(plan) });
        expect([status, body['error'], headers.get('cache-control')]).toEqual([400, 'invalid_request', 'no-store']);
        expect(await victim.works()).toBe(200);
        expect((await send({ logout_token: logoutToken({ sid: victim.sid }) })).status).toBe(200);
        expect(await diesInTime(victim.works)).toBe(401);
      },
    );

    it('fosite CVE-2020-15222 (jti replay): a logout token works once over all instances', async () => {
      const other = await stage.anotherInstance();
      const [first, second] = [await signedIn(), await signedIn()];
      const token = logoutToken({ sid: first.sid });
      const post = async (url: string) =>
        (
          await fetch(`${url}/api/v1/auth/backchannel-logout`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({ logout_token: token }).toString(),
          })
        ).status;
      const statuses = await Promise.all([stage.service, other, stage.service, other].map(({ url }) => post(url)));
      expect(statuses.sort()).toEqual([200, 400, 400, 400]);
      expect([await diesInTime(first.works), await second.works()]).toEqual([401, 200]);
    });

    it('takes no other token of Entra ID for a logout token, and a logout token for none of those', async () => {
      const victim = await signedIn();
      for (const kind of ['id', 'api'] as const) {
        const claims = { events: { [EVENT]: {} }, jti: 'x', exp: now() + 60 };
        const token = stage.tenant.mintToken({ kind, objectId, sid: victim.sid, claims });
        expect((await send({ logout_token: token })).status).toBe(400);
      }
      expect(await victim.works()).toBe(200);
      const bearer = logoutToken({
        sid: victim.sid,
        objectId,
        claims: { oid: objectId, ver: '2.0', azp: 'x', scp: 'x' },
      });
      expect((await stage.browser().call('GET', '/users/me', bearer)).status).toBe(401);
    });

    it.each<[string, [string, string][], Record<string, string>]>([
      ['no token', [], {}],
      ['an empty token', [['logout_token', '']], {}],
      [
        'two tokens',
        [
          ['logout_token', 'a'],
          ['logout_token', 'b'],
        ],
        {},
      ],
      ['something else', [['logout_token', 'x.y.z']], {}],
      ['20 kB of it', [['logout_token', 'a'.repeat(20_000)]], {}],
      ['JSON', [['logout_token', 'x']], { 'content-type': 'application/json' }],
    ])('answers 400 to %s', async (_what, form, headers) => {
      expect((await send(form, headers)).status).toBe(400);
    });

    it('a tenant that is known here and closed signs out nobody of another', async () => {
      const victim = await signedIn();
      const other = '55555555-5555-4555-8555-555555555555';
      await stage.sql(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES (gen_random_uuid(), $1, 'closed', false, false, 300)`,
        [other],
      );
      const iss = stage.tenant.issuer.replace(stage.tenant.tenantId, other);
      const token = logoutToken({ sid: victim.sid, claims: { iss, tid: other } });
      // The demo has no authority of that tenant whose keys could be asked for.
      expect((await send({ logout_token: token })).status).toBe(503);
      expect(await victim.works()).toBe(200);
      expect((await send({ logout_token: logoutToken({ sid: victim.sid }) })).status).toBe(200);
    });
  });
});
