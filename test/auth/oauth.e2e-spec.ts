import pg from 'pg';
import { register } from 'prom-client';
import { AuditService } from '../../src/audit/audit.service.js';
import { auditTrail } from '../support/audit-trail.js';
import { DpopKey } from '../support/dpop-key.js';
import { startTestService } from '../support/test-service.js';
import { type Answer, type AuthStage, type Person, PUBLIC_URL, startAuthStage } from './auth-stage.js';
import { basic, makeProgram, type Program, postForm } from './programs.js';

const TOKEN_URL = `${PUBLIC_URL}/api/v1/auth/token`;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

describe('OAuth for programs', () => {
  let stage: AuthStage;
  let owner: Person;
  let program: Program;
  let stranger: Program;
  beforeAll(async () => {
    stage = await startAuthStage({ RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' });
    owner = stage.person(0);
    await stage.browser().signIn(owner.upn);
    program = await makeProgram(stage, owner, { roles: ['viewer'] });
    stranger = await makeProgram(stage, owner);
  });
  afterAll(() => stage?.close());

  const post = (endpoint: 'token' | 'introspect' | 'revoke', form: Record<string, string> | string, headers = {}) =>
    postForm(stage.service.url, endpoint, form, headers);
  const token = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
    post('token', form, headers);
  const credentials = (by: Program, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    token({ grant_type: 'client_credentials', ...more }, { ...basic(by), ...headers });
  const refreshTokenOf = async (number: number): Promise<string> => {
    const browser = stage.browser();
    await browser.signIn(stage.person(number).upn);
    return browser.cookies.get('blindspotx-session') ?? '';
  };
  const refresh = (refreshToken: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    token({ grant_type: 'refresh_token', client_id: 'blindspotx', refresh_token: refreshToken, ...more }, headers);
  const get = (path: string, access: unknown) => stage.browser().call('GET', path, String(access));
  const claimsOf = (access: unknown) =>
    JSON.parse(Buffer.from(String(access).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const audited = (action: string, targetId: string) =>
    auditTrail(stage.service.app.get(AuditService, { strict: false }), { action, targetId });
  const refusal = ({ status, body }: Answer) => [status, body['error'], body['code']];

  describe('requests to the token endpoint', () => {
    it.each<[string, string, string, number]>([
      ['JSON', '{"grant_type":"client_credentials"}', 'application/json', 400],
      ['broken JSON', '{"grant_type":', 'application/json', 400],
      ['XML', '<grant/>', 'text/xml', 400],
      ['plain text', 'grant_type=client_credentials', 'text/plain', 400],
      [
        'another character set',
        'grant_type=client_credentials',
        'application/x-www-form-urlencoded; charset=latin1',
        400,
      ],
      ['a multipart form', 'grant_type=client_credentials', 'multipart/form-data; boundary=x', 400],
      ['no grant type', 'client_id=blindspotx', 'application/x-www-form-urlencoded', 400],
      ['an empty grant type', 'client_id=blindspotx&grant_type=', 'application/x-www-form-urlencoded', 400],
      ['a parameter twice', 'grant_type=a&grant_type=a', 'application/x-www-form-urlencoded', 400],
      ['an unknown parameter twice', 'grant_type=refresh_token&x=1&x=', 'application/x-www-form-urlencoded', 400],
      ['NUL', 'grant_type=refresh_token&refresh_token=%00', 'application/x-www-form-urlencoded', 400],
      ['no body', '', 'application/x-www-form-urlencoded', 400],
      ['40 kB', `grant_type=${'x'.repeat(40_000)}`, 'application/x-www-form-urlencoded', 413],
    ])('that are %s are invalid, in the words of RFC 6749 5.2', async (_what, body, type, status) => {
      const answer = await token(body, { 'content-type': type });
      expect([answer.status, answer.body['error']]).toEqual([status, 'invalid_request']);
      expect(String(answer.body['error_description'])).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toMatchObject({ status, requestId: expect.any(String), code: expect.any(String) });
    });

    it('ignore unknown parameters and those in the address, and accept a charset of UTF-8', async () => {
      const type = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
      const answer = await credentials(program, { __proto__x: '1', resource: '', constructor: 'x' }, type);
      expect(answer.status).toBe(200);
      const { status, body } = await stage.browser().request(`/api/v1/auth/token?grant_type=client_credentials`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic(program) },
        body: 'x=1',
      });
      expect([status, body['error']]).toEqual([400, 'invalid_request']);
    });

    it('for a grant that is unknown, or not for this client, are refused as just that', async () => {
      expect(refusal(await token({ grant_type: 'password', client_id: 'blindspotx' }))).toEqual([
        400,
        'unsupported_grant_type',
        'oauth.unsupported_grant_type',
      ]);
      const answer = await token({ grant_type: 'client_credentials', client_id: 'blindspotx' });
      expect(refusal(answer)).toEqual([400, 'unauthorized_client', 'oauth.unauthorized_client']);
    });
  });

  describe('client credentials', () => {
    it('give a service account a bearer token of ten minutes, by header or form, and no refresh token; on record', async () => {
      const byHeader = await credentials(program);
      const byForm = await token({
        grant_type: 'client_credentials',
        client_id: program.id,
        client_secret: program.secret,
      });
      for (const { status, body, headers } of [byHeader, byForm]) {
        expect(status).toBe(200);
        expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 600 });
        expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
        expect((await get('/tenants', body['access_token'])).status).toBe(200);
        expect((await get('/users', body['access_token'])).status).toBe(403);
      }
      const records = await audited('auth.token.issued', program.id);
      expect(records.length).toBeGreaterThanOrEqual(2);
      expect(records[0]).toMatchObject({ actorType: 'service_account', actorId: program.id });
      expect(JSON.stringify(records)).not.toContain(program.secret);
    });

    it('narrow the token to the scope, and never widen what the account may do', async () => {
      const narrow = await credentials(program, { scope: 'tenants:read' });
      expect(narrow.body['scope']).toBe('tenants:read');
      expect((await get('/tenants', narrow.body['access_token'])).status).toBe(200);
      expect((await get('/drift/scans', narrow.body['access_token'])).status).toBe(403);
      for (const scope of ['users:manage', 'tenants:read users:read', 'everything', 'tenants:read  drift:read', '*']) {
        expect([scope, ...refusal(await credentials(program, { scope }))]).toEqual([
          scope,
          400,
          'invalid_scope',
          'oauth.invalid_scope',
        ]);
      }
    });

    it('that are wrong, unknown, or of nobody are answered alike: 401 with a challenge', async () => {
      const wrong = [
        { ...program, secret: `${program.secret}x` },
        { ...program, secret: stranger.secret },
        { ...program, id: program.credentialId },
        { ...program, id: 'blindspotx' },
      ];
      const seen = new Set<string>();
      for (const by of wrong) {
        const { status, headers, body } = await credentials(by);
        expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic realm=/)]);
        seen.add(JSON.stringify({ ...body, requestId: '' }));
      }
      expect(seen.size).toBe(1);
    });

    it('of an account that must prove its key are refused without a proof', async () => {
      const bound = await makeProgram(stage, owner, { roles: ['viewer'], dpopRequired: true });
      expect(refusal(await credentials(bound))).toEqual([400, 'invalid_dpop_proof', 'oauth.invalid_dpop_proof']);
      const key = new DpopKey();
      const proven = await credentials(bound, {}, { dpop: key.proof('POST', TOKEN_URL) });
      expect([proven.status, proven.body['token_type']]).toEqual([200, 'DPoP']);
      expect(claimsOf(proven.body['access_token'])['cnf']).toEqual({ jkt: key.jkt });
    });
  });

  describe('refresh at the token endpoint', () => {
    it('rotates, narrows that one access token to the scope, and leaves the session as wide as it was', async () => {
      const narrow = await refresh(await refreshTokenOf(1), { scope: 'drift:read' });
      expect(narrow.body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 600,
        scope: 'drift:read',
        refresh_token: expect.any(String),
      });
      expect(claimsOf(narrow.body['access_token'])['scope']).toBe('drift:read');
      const wide = await refresh(String(narrow.body['refresh_token']));
      expect([wide.status, claimsOf(wide.body['access_token'])['scope']]).toEqual([200, undefined]);
    });

    it('uses nothing up when the scope is none', async () => {
      const given = await refreshTokenOf(1);
      expect((await refresh(given, { scope: 'root' })).body['error']).toBe('invalid_scope');
      const first = await refresh(given);
      const successor = String(first.body['refresh_token']);
      expect([first.status, (await refresh(successor)).status]).toEqual([200, 200]);
    });

    it('from another client, within the grace or before it, is an invalid grant, and the family lives', async () => {
      const given = await refreshTokenOf(2);
      const foreign = () => token({ grant_type: 'refresh_token', refresh_token: given }, basic(program));
      expect(refusal(await foreign())).toEqual([400, 'invalid_grant', 'oauth.invalid_grant']);
      const own = await refresh(given);
      expect(refusal(await foreign())).toEqual([400, 'invalid_grant', 'oauth.invalid_grant']);
      await stage.sql(`UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE used_at IS NOT NULL`);
      expect(refusal(await foreign())).toEqual([400, 'invalid_grant', 'oauth.invalid_grant']);
      expect((await get('/users/me', own.body['access_token'])).status).toBe(200);
      expect((await refresh(String(own.body['refresh_token']))).status).toBe(200);
    });

    it('binds the session to the key of its first proof: with another key or none it is an invalid grant, and it lives', async () => {
      const given = await refreshTokenOf(3);
      const [key, other] = [new DpopKey(), new DpopKey()];
      const by = (sender: DpopKey) => ({ dpop: sender.proof('POST', TOKEN_URL) });
      const first = await refresh(given, {}, by(key));
      expect([first.status, first.body['token_type']]).toEqual([200, 'DPoP']);
      for (const wrong of [() => ({}), () => by(other)]) {
        expect(refusal(await refresh(given, {}, wrong()))[1]).toBe('invalid_grant');
        expect(refusal(await refresh(String(first.body['refresh_token']), {}, wrong()))[1]).toBe('invalid_grant');
      }
      const again = await refresh(given, {}, by(key));
      expect([again.status, again.body['refresh_token']]).toEqual([200, first.body['refresh_token']]);
      const access = String(first.body['access_token']);
      expect((await get('/users/me', access)).status).toBe(401);
      const dpop = key.proof('GET', `${PUBLIC_URL}/api/v1/users/me`, access);
      const proven = await stage
        .browser()
        .request('/api/v1/users/me', { headers: { authorization: `DPoP ${access}`, dpop } });
      expect(proven.status).toBe(200);
      expect((await refresh(String(first.body['refresh_token']), {}, by(key))).status).toBe(200);
    });

    it('with a proof that was used before, or for another address, is refused and uses nothing up', async () => {
      const given = await refreshTokenOf(3);
      const key = new DpopKey();
      const used = key.proof('POST', TOKEN_URL);
      const elsewhere = key.proof('POST', `${PUBLIC_URL}/api/v1/auth/refresh`);
      const first = await refresh(given, {}, { dpop: used });
      for (const dpop of [used, elsewhere, 'x', `${used}, ${elsewhere}`]) {
        const answer = await refresh(String(first.body['refresh_token']), {}, { dpop });
        expect(refusal(answer)).toEqual([400, 'invalid_dpop_proof', 'oauth.invalid_dpop_proof']);
      }
      const dpop = key.proof('POST', TOKEN_URL);
      expect((await refresh(String(first.body['refresh_token']), {}, { dpop })).status).toBe(200);
    });

    it('by reuse after the grace ends the family, as an invalid grant', async () => {
      const given = await refreshTokenOf(4);
      const first = await refresh(given);
      await stage.sql(`UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE used_at IS NOT NULL`);
      expect(refusal(await refresh(given))).toEqual([400, 'invalid_grant', 'oauth.invalid_grant']);
      expect((await refresh(String(first.body['refresh_token']))).body['error']).toBe('invalid_grant');
      expect((await get('/users/me', first.body['access_token'])).status).toBe(401);
    });
  });

  describe('token exchange', () => {
    const entra = (changed: object = {}) =>
      stage.tenant.mintToken({ kind: 'api' as const, objectId: owner.objectId, ...changed });
    const exchange = (subjectToken: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      token(
        {
          grant_type: EXCHANGE,
          client_id: 'blindspotx',
          subject_token: subjectToken,
          subject_token_type: ACCESS_TOKEN,
          ...more,
        },
        headers,
      );

    it('gives for an access token of Entra ID one of ours, narrower if asked, with a session that can be ended; on record', async () => {
      const { status, body } = await exchange(entra(), { scope: 'drift:read', audience: PUBLIC_URL });
      expect([status, body]).toEqual([
        200,
        {
          access_token: expect.any(String),
          token_type: 'Bearer',
          expires_in: expect.any(Number),
          scope: 'drift:read',
          issued_token_type: ACCESS_TOKEN,
        },
      ]);
      expect(body['expires_in']).toBeLessThanOrEqual(600);
      const { sid, scope } = claimsOf(body['access_token']);
      expect(scope).toBe('drift:read');
      expect(await audited('auth.token.issued', String(sid))).toHaveLength(1);
      expect((await get('/users/me', body['access_token'])).status).toBe(200);
      // A token that is narrowed to scopes sees and ends no sessions.
      expect((await get('/auth/sessions', body['access_token'])).status).toBe(403);
      expect(await stage.sql('SELECT 1 FROM user_sessions WHERE id = $1 AND ended_at IS NULL', [sid])).toHaveLength(1);
    });

    it('binds what it gives to the key of a proof', async () => {
      const key = new DpopKey();
      const { body } = await exchange(entra(), {}, { dpop: key.proof('POST', TOKEN_URL) });
      expect([body['token_type'], claimsOf(body['access_token'])['cnf']]).toEqual(['DPoP', { jkt: key.jkt }]);
      expect((await get('/users/me', body['access_token'])).status).toBe(401);
    });

    it('never gives a token that outlives that of Entra ID', async () => {
      const exp = Math.floor(Date.now() / 1000) + 120;
      const { body } = await exchange(entra({ claims: { exp } }));
      expect(body['expires_in']).toBeGreaterThan(0);
      expect(body['expires_in']).toBeLessThanOrEqual(121);
    });

    it.each<[string, () => string, Record<string, string>, string]>([
      ['a bad signature', () => entra({ flaw: 'badSignature' }), {}, 'invalid_request'],
      ['an expired token', () => entra({ flaw: 'expired' }), {}, 'invalid_request'],
      ['a token for somebody else', () => entra({ flaw: 'wrongAudience' }), {}, 'invalid_request'],
      ['an id token', () => entra({ kind: 'id' }), {}, 'invalid_request'],
      ['an account that never signed in', () => entra({ objectId: stage.person(20).objectId }), {}, 'invalid_request'],
      ['an actor', () => entra(), { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
      [
        'another type of subject',
        () => entra(),
        { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
        'invalid_request',
      ],
      [
        'a wish for a refresh token',
        () => entra(),
        { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
        'invalid_request',
      ],
      ['another audience', () => entra(), { audience: 'https://elsewhere.example' }, 'invalid_target'],
      ['another resource', () => entra(), { resource: `${PUBLIC_URL}/` }, 'invalid_target'],
      ['a scope of no permission', () => entra(), { scope: 'openid' }, 'invalid_scope'],
    ])('refuses %s', async (_what, subject, more, error) => {
      const answer = await exchange(subject(), more);
      expect([answer.status, answer.body['error']]).toEqual([400, error]);
    });

    it('doesn’t take our own tokens for Entra’s', async () => {
      const { body } = await exchange(entra());
      expect((await exchange(String(body['access_token']))).body['error']).toBe('invalid_request');
    });
  });

  describe('introspection', () => {
    const ask = (by: Program, about: unknown, more: Record<string, string> = {}) =>
      post('introspect', { token: String(about), ...more }, basic(by));

    it('tells a program all about its own token', async () => {
      const issued = (await credentials(program, { scope: 'drift:read tenants:read' })).body['access_token'];
      const { body, headers } = await ask(program, issued, { token_type_hint: 'refresh_token' });
      expect(body).toEqual({
        active: true,
        scope: 'drift:read tenants:read',
        client_id: program.id,
        token_type: 'Bearer',
        exp: expect.any(Number),
        iat: expect.any(Number),
        sub: program.id,
        aud: PUBLIC_URL,
        iss: PUBLIC_URL,
        jti: expect.any(String),
      });
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('says of others’ tokens only that they aren’t active, unless the account may introspect', async () => {
      const family = await refresh(await refreshTokenOf(5));
      const officer = await makeProgram(stage, owner, { roles: ['administrator'] });
      for (const kind of ['access_token', 'refresh_token']) {
        expect((await ask(program, family.body[kind])).body).toEqual({ active: false });
        expect((await ask(officer, family.body[kind])).body).toMatchObject({ active: true, client_id: 'blindspotx' });
      }
    });

    it.each<[string, (family: Answer) => unknown]>([
      ['nonsense', () => 'x'],
      ['an access token cut short', ({ body }) => String(body['access_token']).slice(0, -1)],
      ['a refresh token cut short', ({ body }) => String(body['refresh_token']).slice(0, -1)],
      ['a token of Entra ID', () => stage.tenant.mintToken({ kind: 'api', objectId: owner.objectId })],
      ['its own secret', () => program.secret],
    ])('says of %s exactly that it isn’t active', async (_what, about) => {
      const officer = await makeProgram(stage, owner, { roles: ['administrator'] });
      const { status, body } = await ask(officer, about(await refresh(await refreshTokenOf(5))));
      expect([status, body]).toEqual([200, { active: false }]);
    });

    it('says the same of tokens that are used up or whose session is over', async () => {
      const officer = await makeProgram(stage, owner, { roles: ['administrator'] });
      const given = await refreshTokenOf(6);
      const { body } = await refresh(given);
      expect((await ask(officer, given)).body).toEqual({ active: false });
      await stage.sql(`UPDATE user_sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE id = $1`, [
        claimsOf(body['access_token'])['sid'],
      ]);
      expect((await ask(officer, body['refresh_token'])).body).toEqual({ active: false });
      expect((await ask(officer, body['access_token'])).body).toEqual({ active: false });
    });

    it('is for clients that prove who they are', async () => {
      const issued = String((await credentials(program)).body['access_token']);
      for (const [form, headers] of [
        [{ token: issued }, {}],
        [{ token: issued, client_id: 'blindspotx' }, {}],
        [{ token: issued }, basic({ ...program, secret: 'x' })],
        [{ token: issued }, { authorization: `Bearer ${issued}` }],
      ] as const) {
        const { status, body } = await post('introspect', form, headers);
        expect([status, body['error']]).toEqual([401, 'invalid_client']);
      }
      expect((await post('introspect', {}, basic(program))).body['error']).toBe('invalid_request');
    });
  });

  describe('revocation', () => {
    const revoke = (form: Record<string, string>, headers: Record<string, string> = {}) =>
      post('revoke', form, headers);
    /** Ended means dead within a second: asked again until it is, fifty times at most. */
    const statusOnceDead = async (path: string, access: unknown): Promise<number> => {
      let status = 0;
      for (let round = 0; round < 50 && status !== 401; round++) {
        if (round > 0) await new Promise((done) => setTimeout(done, 20));
        status = (await get(path, access)).status;
      }
      return status;
    };

    it('of an access token kills that token and no other of the account, and is on record', async () => {
      const [revoked, kept] = [(await credentials(program)).body, (await credentials(program)).body];
      expect((await get('/tenants', revoked['access_token'])).status).toBe(200);
      const answer = await revoke({ token: String(revoked['access_token']) }, basic(program));
      expect([answer.status, answer.body]).toEqual([200, { deadWithinMs: 1000 }]);
      expect(await statusOnceDead('/tenants', revoked['access_token'])).toBe(401);
      expect((await get('/tenants', kept['access_token'])).status).toBe(200);
      expect(await audited('auth.token.revoked', String(claimsOf(revoked['access_token'])['jti']))).toMatchObject([
        { actorType: 'service_account', actorId: program.id },
      ]);
    });

    it('of a refresh token ends its session with all tokens, whatever the hint says', async () => {
      const { body } = await refresh(await refreshTokenOf(7));
      const answer = await revoke({
        token: String(body['refresh_token']),
        client_id: 'blindspotx',
        token_type_hint: 'access_token',
      });
      expect(answer.status).toBe(200);
      expect(await statusOnceDead('/users/me', body['access_token'])).toBe(401);
      expect((await refresh(String(body['refresh_token']))).body['error']).toBe('invalid_grant');
    });

    it('of what is unknown, or was issued to another client, is answered alike and revokes nothing', async () => {
      const { body } = await refresh(await refreshTokenOf(8));
      const own = (await credentials(program)).body['access_token'];
      for (const [about, headers] of [
        ['x', basic(program)],
        ['A'.repeat(43), basic(program)],
        [body['refresh_token'], basic(program)],
        [body['access_token'], basic(program)],
        [own, basic(stranger)],
      ] as const) {
        const answer = await revoke({ token: String(about) }, headers);
        expect([answer.status, answer.body]).toEqual([200, { deadWithinMs: 1000 }]);
      }
      expect((await revoke({ token: String(own), client_id: 'blindspotx' })).status).toBe(200);
      expect((await get('/users/me', body['access_token'])).status).toBe(200);
      expect((await get('/tenants', own)).status).toBe(200);
      expect((await refresh(String(body['refresh_token']))).status).toBe(200);
    });

    it('without the client’s proof is refused, and revokes nothing', async () => {
      const { body } = await credentials(program);
      const answer = await revoke({ token: String(body['access_token']) }, basic({ ...program, secret: 'x' }));
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
      expect((await get('/tenants', body['access_token'])).status).toBe(200);
    });
  });

  describe('when the database can’t write', () => {
    it('revocation is never said to be done (CVE-2020-15223): 503 with Retry-After, and the token is as good as before', async () => {
      const impatient = await startTestService({
        DATABASE_URL: stage.service.databaseUrl,
        DATABASE_STATEMENT_TIMEOUT_MS: '2000',
      });
      const { body } = await credentials(program);
      const holder = new pg.Client({ connectionString: stage.service.databaseUrl });
      await holder.connect();
      try {
        await holder.query('BEGIN; LOCK TABLE revoked_access_tokens IN SHARE MODE');
        const form = { token: String(body['access_token']) };
        const answer = await postForm(impatient.url, 'revoke', form, basic(program));
        expect([answer.status, answer.body['error'], answer.headers.get('retry-after')]).toEqual([
          503,
          'temporarily_unavailable',
          '1',
        ]);
      } finally {
        await holder.end();
        await impatient.close();
      }
      expect((await get('/tenants', body['access_token'])).status).toBe(200);
    });
  });

  it('metadata name the issuer that tokens name, and endpoints that answer', async () => {
    const { status, body } = await stage.browser().request('/.well-known/oauth-authorization-server');
    expect([status, body['issuer'], body['token_endpoint']]).toEqual([200, PUBLIC_URL, TOKEN_URL]);
    expect(claimsOf((await credentials(program)).body['access_token'])['iss']).toBe(body['issuer']);
    for (const name of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']) {
      const answer = await stage.browser().request(String(body[name]), { method: 'POST' });
      expect([name, answer.status, answer.body['error']]).toEqual([name, 400, 'invalid_request']);
    }
    expect((await stage.browser().request(String(body['jwks_uri']))).status).toBe(200);
    expect(body['response_types_supported']).toEqual([]);
    expect(body['grant_types_supported']).toEqual(['refresh_token', 'client_credentials', EXCHANGE]);
  });

  it('counts token requests by grant and outcome', async () => {
    const metric = await register.getSingleMetric('blindspotx_auth_token_requests_total')?.get();
    const labels = (metric?.values ?? []).map(({ labels: { grant, outcome } }) => `${grant} ${outcome}`);
    for (const expected of [
      'client_credentials issued',
      'client_credentials invalid_scope',
      'refresh_token invalid_grant',
      'token_exchange issued',
      'unknown invalid_client',
      'unknown invalid_request',
    ]) {
      expect(labels).toContain(expected);
    }
  });
});
