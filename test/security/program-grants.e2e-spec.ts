import { type Answer, Browser } from '../auth/auth-stage.js';
import { ASSERTION_TYPE, accessTokenOf, EXCHANGE, type Program, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';

/** What programs are given and what not: ASVS 7.2.2, 9.1.2, 10.3.2 and 10.4, each refusal beside the grant. */
describe('the token endpoint', () => {
  let programs: ProgramStage;
  let program: Program;
  let keyed: Program;
  const key = new SenderKey();
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0' });
    program = await programs.program({ role: 'viewer' });
    keyed = await programs.program({ role: 'viewer', key });
  }, 60_000);
  afterAll(() => programs.close());

  const outcome = ({ status, body }: Answer) => [status, body['error'] ?? body['code']];
  const asProgram = () => ({ client_id: program.id, client_secret: program.secret });

  it('takes the secret of a program at the OAuth endpoints and as bearer nowhere', async () => {
    const basic = `Basic ${Buffer.from(`${program.id}:${program.secret}`).toString('base64')}`;
    const id = program.credentialId;
    const attempts = [
      `Bearer ${program.secret}`,
      `Bearer ${program.id}:${program.secret}`,
      `Bearer ${Buffer.from(`${program.id}:${program.secret}`).toString('base64')}`,
      `Bearer ${id}`,
      `DPoP ${program.secret}`,
      basic,
    ];
    for (const authorization of attempts) {
      for (const service of [programs.stage.service, programs.other]) {
        expect((await programs.get('/tenants', { authorization }, service)).status).toBe(401);
      }
    }
    const token = await programs.accessToken(program);
    const form = { token };
    expect((await programs.form('introspect', form, { authorization: basic })).body).toMatchObject({ active: true });
    expect(await programs.onBoth(token)).toEqual([200, 200]);
    expect((await programs.form('revoke', form, { authorization: basic })).status).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  const foreign = new SenderKey();
  const flaws: [string, () => string][] = [
    ['no signature', () => `${part({ alg: 'none' })}.${key.assertion(keyed.id).split('.')[1]}.`],
    ['alg none and some signature', () => resigned({ alg: 'none' })],
    ['alg HS256', () => resigned({ alg: 'HS256' })],
    ['alg es256 in small letters', () => resigned({ alg: 'es256' })],
    ['alg ES384', () => resigned({ alg: 'ES384' })],
    ['a list for an alg', () => resigned({ alg: ['ES256'] })],
    ['no alg', () => resigned({ alg: undefined })],
    ['the alg of another kind of key', () => resigned({ alg: 'RS256' })],
    ['an extension that must be understood', () => key.assertion(keyed.id, {}, { crit: ['exp'] })],
    ['the payload unencoded (RFC 7797)', () => key.assertion(keyed.id, {}, { b64: false })],
    ['the type of a DPoP proof', () => key.assertion(keyed.id, {}, { typ: 'dpop+jwt' })],
    ['the type of an access token', () => key.assertion(keyed.id, {}, { typ: 'at+jwt' })],
    ['the signature of another key', () => foreign.assertion(keyed.id)],
    ['the key of the sender in its header', () => foreign.assertion(keyed.id, {}, { jwk: foreign.jwk })],
    ['a signature in DER', () => derSigned()],
    ['a signature of zeros', () => `${unsignedPart()}.${Buffer.alloc(64).toString('base64url')}`],
    ['another issuer than subject', () => key.assertion(keyed.id, { iss: program.id })],
    ['another client as subject', () => key.assertion(program.id)],
    ['no audience', () => key.assertion(keyed.id, { aud: undefined })],
    ['another audience', () => key.assertion(keyed.id, { aud: 'https://other.example' })],
    ['no end', () => key.assertion(keyed.id, { exp: undefined })],
    ['an end that is past', () => key.assertion(keyed.id, { exp: now - 1 })],
    ['an end in an hour', () => key.assertion(keyed.id, { exp: now + 3600 })],
    ['a beginning in the future', () => key.assertion(keyed.id, { nbf: now + 3600 })],
    ['no jti', () => key.assertion(keyed.id, { jti: undefined })],
    ['a jti that is no text', () => key.assertion(keyed.id, { jti: 7 })],
  ];
  const unsignedPart = () => key.assertion(keyed.id).split('.').slice(0, 2).join('.');
  const resigned = (header: Record<string, unknown>) => key.assertion(keyed.id, {}, header);
  const derSigned = () => {
    const [head, body, signature = ''] = key.assertion(keyed.id).split('.');
    const raw = Buffer.from(signature, 'base64url');
    const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2, bytes.length + 1, 0]), bytes]);
    const numbers = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
    return `${head}.${body}.${der.toString('base64url')}`;
  };

  it.each(flaws)('lets in no program by a client assertion with %s', async (_flaw, make) => {
    const assertion = make();
    expect(outcome(await programs.byAssertion(assertion))).toEqual([401, 'invalid_client']);
    for (const endpoint of ['introspect', 'revoke']) {
      const form = { token: 'x', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
      expect(outcome(await programs.form(endpoint, form))).toEqual([401, 'invalid_client']);
    }
    expect((await programs.byAssertion(key.assertion(keyed.id))).status).toBe(200);
  });

  it('lets a token that is narrowed by scope do that alone, whatever its account may do', async () => {
    const mighty = await programs.program({ role: 'administrator' });
    const narrowed = await programs.accessToken(mighty, { scope: 'drift:read' });
    const wide = await programs.accessToken(mighty);
    for (const path of ['/tenants', '/users', '/audit/events', '/rbac/roles', '/service-accounts']) {
      expect([path, ...(await programs.onBoth(narrowed, path))]).toEqual([path, 403, 403]);
      expect([path, ...(await programs.onBoth(wide, path))]).toEqual([path, 200, 200]);
    }
    expect(await programs.onBoth(narrowed, '/drift/status')).toEqual([200, 200]);
    // It isn't widened by introspecting, exchanging or refreshing it, nor by asking who it is.
    expect(outcome(await programs.exchange(narrowed))).toEqual([400, 'invalid_request']);
    expect(outcome(await programs.refresh(narrowed))).toEqual([400, 'invalid_grant']);
    const secretOfOwn = await new Browser(programs.stage.service.url).call(
      'POST',
      `/service-accounts/${mighty.id}/credentials`,
      narrowed,
      { kind: 'secret' },
    );
    expect(secretOfOwn.status).toBe(403);
  });

  it.each([
    'password',
    'implicit',
    'authorization_code',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'urn:openid:params:grant-type:ciba',
    'urn:ietf:params:oauth:grant-type:uma-ticket',
    'CLIENT_CREDENTIALS',
    'client_credentials ',
    'client_credentials,refresh_token',
    '__proto__',
    'constructor',
    'toString',
  ])('gives no token for the grant %s', async (grant_type) => {
    const { upn, objectId } = programs.stage.person(1);
    const everything = {
      ...asProgram(),
      grant_type,
      username: upn,
      password: 'x',
      code: 'x',
      code_verifier: 'A'.repeat(43),
      device_code: 'x',
      redirect_uri: 'https://attacker.example',
      assertion: programs.stage.tenant.mintToken({ kind: 'api', objectId }),
    };
    expect(outcome(await programs.form('token', everything))).toEqual([400, 'unsupported_grant_type']);
    expect((await programs.form('token', { ...everything, grant_type: 'client_credentials' })).status).toBe(200);
  });

  it('gives a program its own access token for its own credential, and a refresh token for nothing', async () => {
    const { objectId } = programs.stage.person(1);
    await programs.userId(1);
    const mine = await programs.clientCredentials(program);
    expect([mine.status, mine.body['refresh_token'], mine.body['id_token']]).toEqual([200, undefined, undefined]);
    // A person's token is exchanged for a person's token, without one either.
    const entra = programs.stage.tenant.mintToken({ kind: 'api', objectId });
    const theirs = await programs.exchange(entra, asProgram());
    expect([theirs.status, theirs.body['refresh_token']]).toEqual([200, undefined]);
    for (const refresh_token of [accessTokenOf(mine), accessTokenOf(theirs), await programs.refreshToken(1), entra]) {
      expect(outcome(await programs.refresh(refresh_token, undefined, asProgram()))).toEqual([400, 'invalid_grant']);
    }
    // The public client has no credential, so nothing is its own.
    const publicly = { grant_type: 'client_credentials', client_id: 'blindspotx' };
    expect(outcome(await programs.form('token', publicly))).toEqual([400, 'unauthorized_client']);
  });

  it('announces its own grants, and no authorization endpoint, response type or registration', async () => {
    const browser = new Browser(programs.stage.service.url);
    const { status, body } = await browser.request('/.well-known/oauth-authorization-server');
    expect([status, body['grant_types_supported'], body['response_types_supported']]).toEqual([
      200,
      ['refresh_token', 'client_credentials', EXCHANGE],
      [],
    ]);
    const absent = ['authorization_endpoint', 'registration_endpoint', 'device_authorization_endpoint'];
    expect(absent.filter((name) => name in body)).toEqual([]);
    for (const path of ['/.well-known/openid-configuration', '/api/v1/auth/authorize', '/api/v1/auth/register']) {
      expect([path, (await browser.request(path)).status]).toEqual([path, 404]);
    }
    for (const grant_type of body['grant_types_supported'] as string[]) {
      const answer = await programs.form('token', { ...asProgram(), grant_type });
      expect(answer.body['error']).not.toBe('unsupported_grant_type');
    }
  });

  it('answers no token, introspection or revocation request of a program that does not prove who it is', async () => {
    const token = await programs.accessToken(program);
    const another = await programs.program();
    const unproven: [string, Record<string, string>, Record<string, string>][] = [
      ['its name alone', { client_id: program.id }, {}],
      ['a wrong secret', { client_id: program.id, client_secret: 'x' }, {}],
      ['the secret of another', { client_id: program.id, client_secret: another.secret }, {}],
      ['its access token as bearer', { client_id: program.id }, { authorization: `Bearer ${token}` }],
      ['nothing', {}, {}],
      ['an assertion without its type', { client_assertion: key.assertion(keyed.id) }, {}],
      ['Basic without a secret', {}, { authorization: `Basic ${Buffer.from(`${program.id}:`).toString('base64')}` }],
    ];
    for (const [what, credentials, headers] of unproven) {
      for (const endpoint of ['token', 'introspect', 'revoke']) {
        const form = { grant_type: 'client_credentials', token, ...credentials };
        const { status, body } = await programs.form(endpoint, form, headers);
        expect([what, endpoint, [400, 401].includes(status), body['access_token'], body['active']]).toEqual([
          what,
          endpoint,
          true,
          undefined,
          undefined,
        ]);
      }
    }
    expect(await programs.onBoth(token)).toEqual([200, 200]);
    expect((await programs.form('introspect', { ...asProgram(), token })).body).toMatchObject({ active: true });
    const byKey = { client_assertion_type: ASSERTION_TYPE, client_assertion: key.assertion(keyed.id), token };
    expect((await programs.form('introspect', byKey)).status).toBe(200);
    expect((await programs.form('revoke', { ...asProgram(), token })).status).toBe(200);
  });

  it('gives a program what its account may do and no scope beyond it', async () => {
    const [none, viewer] = [await programs.program(), await programs.program({ role: 'viewer' })];
    for (const scope of ['drift:scan', 'users:manage', 'drift:read users:read', 'access:manage']) {
      for (const asker of [none, viewer]) {
        expect(outcome(await programs.clientCredentials(asker, { scope }))).toEqual([400, 'invalid_scope']);
      }
    }
    expect(outcome(await programs.clientCredentials(none, { scope: 'drift:read' }))).toEqual([400, 'invalid_scope']);
    expect(await programs.onBoth(await programs.accessToken(none))).toEqual([403, 403]);
    const granted = await programs.clientCredentials(viewer, { scope: 'tenants:read drift:read' });
    expect(granted.status).toBe(200);
    expect(String(granted.body['scope']).split(' ').sort()).toEqual(['drift:read', 'tenants:read']);
    expect(await programs.onBoth(accessTokenOf(granted))).toEqual([200, 200]);
  });
});
