import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenPlan } from '../../demo/entra/token-issuer.js';
import { type Answer, Browser, PUBLIC_URL } from '../auth/auth-stage.js';
import { accessTokenOf, PROMISED_MS, type Program, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';
import { answeringWith, beginSignIn, recordingRequests } from './sign-in-attempt.js';

const OTHER = 'https://other.example';
const [PERSON, STRANGER] = [1, 2];

/** Study 3, family "JWT algorithm, type, audience" and "Entra specifics": each attack beside the proper request. */
describe('a token that is not what it says', () => {
  let programs: ProgramStage;
  let objectId: string;
  let program: Program;
  let keyed: Program;
  const key = new SenderKey();
  const own = new SenderKey();
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_SIGN_INS_PER_MINUTE: '0' });
    ({ objectId } = programs.stage.person(PERSON));
    await programs.userId(PERSON);
    program = await programs.program({ role: 'viewer' });
    keyed = await programs.program({ role: 'viewer', key });
  }, 60_000);
  afterAll(() => programs.close());
  afterEach(() => programs.stage.tenant.setFaults());

  const mint = (plan: Partial<TokenPlan> = {}) => programs.stage.tenant.mintToken({ kind: 'api', objectId, ...plan });
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const headerOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const personsToken = async () => accessTokenOf(await programs.refresh(await programs.refreshToken(PERSON)));
  const bearer = async (token: string, path = '/users/me') =>
    (await programs.get(path, { authorization: `Bearer ${token}` })).status;
  const logout = (token: string): Promise<Answer> => programs.form('backchannel-logout', { logout_token: token });
  const signIn = async (idToken: (nonce: string) => string) => {
    const { browser, nonce, back } = await beginSignIn(programs.stage, programs.stage.person(PERSON).upn);
    programs.stage.tenant.setFaults(answeringWith(programs.stage, idToken(nonce)));
    const answer = await browser.request(back);
    programs.stage.tenant.setFaults();
    return answer.status;
  };

  describe('of another kind (Keycloak CVE-2026-11800, CVE-2026-16093; RFC 8725 3.11)', () => {
    /** Where each kind of token is looked for; answers the status. */
    const places: Record<string, (token: string) => Promise<number>> = {
      bearer: (token) => bearer(token),
      refresh: async (token) => (await programs.refresh(token)).status,
      cookie: async (token) => {
        const browser = programs.stage.browser();
        browser.cookies.set('blindspotx-session', token);
        return (await browser.refresh()).status;
      },
      exchange: async (token) => (await programs.exchange(token)).status,
      assertion: async (token) => (await programs.byAssertion(token)).status,
      proof: async (dpop) => (await programs.clientCredentials(program, {}, { dpop })).status,
      secret: async (secret) => (await programs.clientCredentials({ ...program, secret })).status,
      logout: async (token) => (await logout(token)).status,
      'id token': (token) => signIn(() => token),
    };
    const kinds: [string, string[], () => Promise<string> | string][] = [
      ['our access token', ['bearer'], () => personsToken()],
      ['an access token of Entra ID', ['bearer', 'exchange'], () => mint()],
      ['an id token', [], () => mint({ kind: 'id', nonce: 'n' })],
      ['a logout token', ['logout'], () => mint({ kind: 'logout', sid: 'somebody’s' })],
      ['a client assertion', ['assertion'], () => key.assertion(keyed.id)],
      ['a DPoP proof', ['proof'], () => key.proof('POST', '/auth/token')],
      ['a refresh token', ['refresh', 'cookie'], () => programs.refreshToken(PERSON)],
      ['the secret of a program', ['secret'], () => program.secret],
      ['a token for Microsoft Graph', [], () => mint({ kind: 'graph' })],
    ];

    it.each(kinds)('takes no kind of token for another: %s', async (kind, proper, make) => {
      for (const [place, present] of Object.entries(places)) {
        const status = await present(await make());
        const isTaken = status === 200 || status === 303;
        expect([kind, place, isTaken, status < 500]).toEqual([kind, place, proper.includes(place), true]);
      }
      expect(await signIn((nonce) => mint({ kind: 'id', nonce }))).toBe(303);
    });
  });

  describe('that brings its own key (Zitadel CVE-2026-55671, CVE-2026-27945: SSRF by an address that a stranger names)', () => {
    let attacker: Server;
    let hits = 0;
    beforeAll(async () => {
      attacker = createServer((_request, response) => {
        hits += 1;
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ keys: [{ ...own.jwk, kid: 'x' }] }));
      }).listen(0, '127.0.0.1');
      await once(attacker, 'listening');
    });
    afterAll(() => attacker.close());

    it('fetches and uses no key that a token names in jku, jwk, x5u or x5c', async () => {
      const address = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;
      const headers: NonNullable<TokenPlan['header']>[] = [
        { jku: address },
        { x5u: address },
        { jwk: own.jwk as Record<string, string> },
        { x5c: [own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
        { jku: address, kid: 'x' },
        { kid: address },
        { kid: '../../../../dev/null' },
        { kid: "x' UNION SELECT 'x" },
      ];
      const token = await programs.accessToken(program);
      const sent = await recordingRequests(async () => {
        for (const header of headers) {
          const forged = own.sign({ ...headerOf(token), ...header }, claimsOf(token));
          expect(await programs.onBoth(forged)).toEqual([401, 401]);
          expect((await programs.byAssertion(own.assertion(keyed.id, {}, header))).status).toBe(401);
          const plan = { flaw: 'unknownKey' as const, header };
          expect(await bearer(mint(plan))).toBe(401);
          expect((await programs.exchange(mint(plan))).status).toBe(400);
          expect((await logout(mint({ kind: 'logout', ...plan }))).status).toBe(400);
          expect(await signIn((nonce) => mint({ kind: 'id', nonce, ...plan }))).toBe(401);
        }
      });
      expect(hits).toBe(0);
      const entra = [programs.stage.tenant.authorityHost, programs.stage.tenant.browserUrl, programs.stage.service.url];
      expect(
        sent.map(({ url }) => new URL(url).origin).filter((url) => ![...entra, programs.other.url].includes(url)),
      ).toEqual([]);
      expect(await programs.onBoth(token)).toEqual([200, 200]);
      expect((await programs.byAssertion(key.assertion(keyed.id))).status).toBe(200);
      expect(await bearer(mint())).toBe(200);
    });
  });

  it('Keycloak CVE-2026-1529: a changed claim under the old signature is refused, in every kind of signed token', async () => {
    const changed = (token: string, claims: object) => {
      const [head = '', body = '', signature = ''] = token.split('.');
      const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
      return `${head}.${part({ ...payload, ...claims })}.${signature}`;
    };
    const ours = await personsToken();
    expect(await bearer(changed(ours, { scope: 'users:manage' }))).toBe(401);
    expect(await bearer(changed(ours, { exp: Math.floor(Date.now() / 1000) + 86_400 }))).toBe(401);
    expect(await bearer(changed(mint(), { oid: programs.stage.tenant.administrator.objectId }))).toBe(401);
    expect(await signIn((nonce) => changed(mint({ kind: 'id', nonce }), { name: 'changed' }))).toBe(401);
    expect((await logout(changed(mint({ kind: 'logout', sid: 'x' }), { sid: 'y' }))).status).toBe(400);
    expect((await programs.byAssertion(changed(key.assertion(keyed.id), { jti: 'changed' }))).status).toBe(401);
    const dpop = changed(key.proof('POST', '/auth/token'), { jti: 'changed' });
    expect((await programs.clientCredentials(program, {}, { dpop })).status).toBe(400);

    expect(await bearer(ours)).toBe(200);
    expect(await bearer(mint())).toBe(200);
    expect(await signIn((nonce) => mint({ kind: 'id', nonce }))).toBe(303);
    expect((await logout(mint({ kind: 'logout', sid: 'x' }))).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ['a list of ours and another', ['ours', OTHER]],
    ['a list of ours alone', ['ours']],
    ['a list of lists', [['ours']]],
    ['an object', { 0: 'ours' }],
    ['ours and something after it', 'ours/'],
    ['ours in other letters', 'OURS'],
    ['nothing', undefined],
    ['empty text', ''],
  ])(
    'Vault CVE-2024-5798, OpenFGA CVE-2026-55689: a token of Entra ID is for us alone, not for %s',
    async (_what, aud) => {
      const { clientId } = programs.stage.tenant;
      const text = JSON.stringify(aud)?.replaceAll('ours', clientId).replaceAll('OURS', `API://${clientId}`);
      const claims = { aud: text === undefined ? undefined : JSON.parse(text) };
      expect(await bearer(mint({ claims }))).toBe(401);
      expect((await programs.exchange(mint({ claims }))).status).toBe(400);
      expect(await signIn((nonce) => mint({ kind: 'id', nonce, claims }))).toBe(401);
      for (const right of [clientId, `api://${clientId}`])
        expect(await bearer(mint({ claims: { aud: right } }))).toBe(200);
    },
  );

  it.each<[string, (issuer: string, tenantId: string) => string]>([
    ['the template of all tenants', (issuer, tenantId) => issuer.replace(tenantId, '{tenantid}')],
    ['common', (issuer, tenantId) => issuer.replace(tenantId, 'common')],
    ['another tenant', (issuer, tenantId) => issuer.replace(tenantId, '66666666-6666-4666-8666-666666666666')],
    ['the old address of ours', (_issuer, tenantId) => `https://sts.windows.net/${tenantId}/`],
    ['ours with a slash more', (issuer) => `${issuer}/`],
    ['ours on plain http', (issuer) => issuer.replace('https:', 'http:')],
    ['something that ends like ours', (issuer) => `https://attacker.example/?x=${issuer}`],
  ])('AadIssuerValidator (issuer of many tenants): a token whose issuer is %s is refused', async (_what, change) => {
    const { issuer, tenantId } = programs.stage.tenant;
    const claims = { iss: change(issuer, tenantId) };
    expect(await bearer(mint({ claims }))).toBe(401);
    expect((await programs.exchange(mint({ claims }))).status).toBe(400);
    expect(await signIn((nonce) => mint({ kind: 'id', nonce, claims }))).toBe(401);
    expect((await logout(mint({ kind: 'logout', sid: 'x', claims }))).status).toBe(400);
    expect(await bearer(mint())).toBe(200);
  });

  it('AadIssuerValidator (documents of many tenants): an authority that names a template, or common, for its issuer is not believed', async () => {
    const { tenant } = programs.stage;
    const fresh = await programs.stage.anotherInstance();
    const begin = () => new Browser(fresh.url).request('/api/v1/auth/login');
    for (const name of ['{tenantid}', 'common', 'organizations']) {
      const members = { issuer: tenant.issuer.replace(tenant.tenantId, name) };
      tenant.setFaults({ kind: 'overlay', path: '*/openid-configuration', members });
      expect([
        (await begin()).status,
        (await programs.get('/users/me', { authorization: `Bearer ${mint()}` }, fresh)).status,
      ]).toEqual([503, 503]);
      tenant.setFaults();
    }
    expect((await begin()).status).toBe(302);
    expect((await programs.get('/users/me', { authorization: `Bearer ${mint()}` }, fresh)).status).toBe(200);
  });

  it('CVE-2025-55241 (actor tokens): a token by which somebody acts for another, or that nobody signed, is nobody’s', async () => {
    const { administrator } = programs.stage.tenant;
    const unsigned = `${part({ alg: 'none', typ: 'JWT' })}.${part(claimsOf(mint()))}.`;
    const actortoken = mint({ kind: 'api' });
    const impersonating: Partial<TokenPlan>[] = [
      { claims: { oid: undefined, nameid: administrator.objectId, actortoken } },
      { claims: { oid: undefined, actortoken, upn: administrator.userPrincipalName } },
      { flaw: 'wrongTenant', claims: { actortoken } },
    ];
    for (const token of [unsigned, ...impersonating.map(mint)]) {
      expect(await bearer(token)).toBe(401);
      expect((await programs.exchange(token)).status).toBe(400);
    }
    // Beside a proper token such claims say nothing: it is the person who signed it, and nobody else.
    const beside = mint({
      claims: { actortoken, act: { sub: administrator.objectId }, nameid: administrator.objectId },
    });
    const { body } = await programs.get('/users/me', { authorization: `Bearer ${beside}` });
    expect(body['id']).toBe((await programs.get('/users/me', { authorization: `Bearer ${mint()}` })).body['id']);
  });

  it('issues tokens for this service alone, whatever audience or resource is asked for', async () => {
    const asked = [{ audience: OTHER }, { resource: OTHER }, { audience: `${PUBLIC_URL}/` }, { resource: '*' }, {}];
    for (const form of asked) {
      const answers = [
        await programs.clientCredentials(program, form),
        await programs.refresh(await programs.refreshToken(PERSON), undefined, { client_id: 'blindspotx', ...form }),
        await programs.exchange(mint(), form),
      ];
      for (const { status, body } of answers) {
        if (status !== 200) expect([status, body['error']]).toEqual([400, 'invalid_target']);
        else expect(claimsOf(String(body['access_token']))).toMatchObject({ aud: PUBLIC_URL, iss: PUBLIC_URL });
      }
      expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[2]?.status).toBe(Object.keys(form).length === 0 ? 200 : 400);
    }
  });

  it('lets an Entra access token do nothing that its scp was not granted for', async () => {
    const scopes = [
      'User.Read',
      'openid profile',
      'access_as_user_not',
      'Access_As_User',
      'api://x/access_as_user',
      'access_as_user,User.Read',
    ];
    const without: Partial<TokenPlan>[] = [
      ...scopes.map((scope) => ({ scope })),
      { claims: { scp: undefined } },
      { claims: { scp: ['access_as_user'] } },
      { claims: { scp: undefined, scope: 'access_as_user' } },
      { claims: { scp: undefined, roles: ['access_as_user'] } },
      { claims: { azp: undefined } },
    ];
    for (const plan of without) {
      expect([plan, await bearer(mint(plan))]).toEqual([plan, 401]);
      expect([plan, (await programs.exchange(mint(plan))).status]).toEqual([plan, 400]);
    }
    for (const scope of ['access_as_user', 'User.Read access_as_user']) expect(await bearer(mint({ scope }))).toBe(200);
  });

  it('revokes a refresh token with its session and its access tokens, and nothing of another client', async () => {
    const first = await programs.refresh(await programs.refreshToken(PERSON));
    const other = await programs.refresh(await programs.refreshToken(STRANGER));
    const [mine, theirs] = [accessTokenOf(first), accessTokenOf(other)];
    const thief = { client_id: program.id, client_secret: program.secret };
    const token = String(first.body['refresh_token']);
    expect((await programs.form('revoke', { token, ...thief })).status).toBe(200);
    await sleep(PROMISED_MS);
    expect(await programs.onBoth(mine, '/users/me')).toEqual([200, 200]);

    const revoked = await programs.form('revoke', { token, client_id: 'blindspotx' }, {}, programs.other);
    expect([revoked.status, revoked.body]).toEqual([200, { deadWithinMs: PROMISED_MS }]);
    await sleep(PROMISED_MS);
    expect(await programs.onBoth(mine, '/users/me')).toEqual([401, 401]);
    expect((await programs.refresh(token)).status).toBe(400);
    expect(await programs.onBoth(theirs, '/users/me')).toEqual([200, 200]);
    expect((await programs.refresh(String(other.body['refresh_token']))).status).toBe(200);
  });
});
