import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { authorizeUrl, claimsOf, makePkce, type Pkce, postForm, wire } from '../testing/tenant-client.js';

const REDIRECT = 'http://localhost:3999/callback';

describe('sign-in at the demo tenant', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 5, redirectUris: [REDIRECT] });
  });
  afterAll(() => tenant.close());
  afterEach(() => tenant.setFaults());

  const hint = () => tenant.administrator.userPrincipalName;

  async function codeFor(pkce: Pkce, further: Record<string, string> = {}): Promise<string> {
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, { redirect_uri: REDIRECT, code_challenge: pkce.challenge, login_hint: hint(), ...further }),
    );
    return new URL(answer.headers.location ?? '').searchParams.get('code') ?? '';
  }
  const redeem = (code: string, verifier: string, further: Record<string, string> = {}) =>
    postForm(tenant, {
      client_id: tenant.clientId,
      client_secret: tenant.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT,
      code,
      code_verifier: verifier,
      ...further,
    });

  it('publishes a discovery document whose authorization endpoint is the plain http page', async () => {
    const { json } = await wire(tenant, `${tenant.authority}/v2.0/.well-known/openid-configuration`);
    expect(json).toMatchObject({
      issuer: tenant.issuer,
      jwks_uri: `${tenant.authority}/discovery/v2.0/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
    });
    expect(String(json['authorization_endpoint'])).toBe(
      `${tenant.browserUrl}/${tenant.tenantId}/oauth2/v2.0/authorize`,
    );
  });

  it('signs the hinted person in and gives an id token with the claims of Entra', async () => {
    const pkce = makePkce();
    const answer = await redeem(await codeFor(pkce), pkce.verifier);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(claimsOf(answer.json['id_token'])).toMatchObject({
      aud: tenant.clientId,
      iss: tenant.issuer,
      tid: tenant.tenantId,
      oid: tenant.administrator.objectId,
      nonce: 'the-nonce',
      preferred_username: hint(),
      ver: '2.0',
    });
    expect(answer.json['refresh_token']).toEqual(expect.any(String));
  });

  it('hands state back unchanged and keeps one sid for one browser', async () => {
    const url = authorizeUrl(tenant, {
      redirect_uri: REDIRECT,
      code_challenge: makePkce().challenge,
      login_hint: hint(),
      state: 'a b&c',
    });
    const first = await wire(tenant, url);
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const second = await wire(tenant, url, { headers: { cookie } });
    const [a, b] = [first, second].map((answer) => new URL(answer.headers.location ?? '').searchParams);
    expect(a?.get('state')).toBe('a b&c');
    expect(b?.get('session_state')).toBe(a?.get('session_state'));
  });

  it('redeems a code once', async () => {
    const pkce = makePkce();
    const code = await codeFor(pkce);
    expect((await redeem(code, pkce.verifier)).status).toBe(200);
    expect((await redeem(code, pkce.verifier)).json).toMatchObject({ error: 'invalid_grant', error_codes: [54005] });
  });

  it.each([
    ['a wrong code verifier', {}, 'x'.repeat(43), 'invalid_grant'],
    ['another redirect URI', { redirect_uri: 'http://localhost:3999/other' }, undefined, 'invalid_grant'],
    ['a wrong secret', { client_secret: 'wrong' }, undefined, 'invalid_client'],
    ['an unknown client', { client_id: '00000000-0000-4000-8000-000000000000' }, undefined, 'invalid_client'],
  ])('refuses a code with %s', async (_what, further, verifier, error) => {
    const pkce = makePkce();
    const answer = await redeem(await codeFor(pkce), verifier ?? pkce.verifier, further);
    expect(answer.json['error']).toBe(error);
    expect(answer.json['id_token']).toBeUndefined();
  });

  it.each([
    ['no code challenge', { code_challenge: undefined }],
    ['the plain challenge method', { code_challenge_method: 'plain' }],
  ])('sends a request with %s back with an error', async (_what, parameters) => {
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, {
        redirect_uri: REDIRECT,
        code_challenge: makePkce().challenge,
        login_hint: hint(),
        ...parameters,
      }),
    );
    const back = new URL(answer.headers.location ?? '').searchParams;
    expect(back.get('error')).toBe('invalid_request');
    expect(back.get('code')).toBeNull();
    expect(back.get('state')).toBe('the-state');
  });

  it('shows a page and never redirects when the redirect URI is not registered', async () => {
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, {
        redirect_uri: 'https://attacker.example/cb',
        code_challenge: makePkce().challenge,
        login_hint: hint(),
      }),
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.text).toContain('AADSTS50011');
  });

  it('does not sign disabled people in', async () => {
    const disabled = [...tenant.state.collections.users.values()].find((user) => user['accountEnabled'] === false);
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, {
        redirect_uri: REDIRECT,
        code_challenge: makePkce().challenge,
        login_hint: String(disabled?.['userPrincipalName']),
      }),
    );
    const back = new URL(answer.headers.location ?? '').searchParams;
    expect(back.get('error_description')).toContain('AADSTS50057');
    expect(back.get('code')).toBeNull();
  });

  it('answers prompt=none without a person with login_required', async () => {
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, { redirect_uri: REDIRECT, code_challenge: makePkce().challenge, prompt: 'none' }),
    );
    expect(new URL(answer.headers.location ?? '').searchParams.get('error')).toBe('login_required');
  });

  it('lists its people on a page without script, under a policy that allows none, with everything escaped', async () => {
    const hostile = '"><script>alert(1)</script>';
    const answer = await wire(
      tenant,
      authorizeUrl(tenant, {
        redirect_uri: REDIRECT,
        code_challenge: makePkce().challenge,
        state: hostile,
        search: hostile,
      }),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/);
    expect(answer.text).not.toContain('<script');
    expect(answer.text).toContain('<label for="search">');
    const listed = await wire(
      tenant,
      authorizeUrl(tenant, { redirect_uri: REDIRECT, code_challenge: makePkce().challenge }),
    );
    expect(listed.text).toContain(tenant.administrator.displayName);
    expect(listed.text).toMatch(/login_hint=/);
  });

  it('refreshes, and refuses a refresh once the account is disabled', async () => {
    const pkce = makePkce();
    const somebody =
      tenant.cast.memberIds.find((id) => tenant.state.collections.users.get(id)?.['accountEnabled'] === true) ?? '';
    const upn = String(tenant.state.collections.users.get(somebody)?.['userPrincipalName']);
    const first = await redeem(await codeFor(pkce, { login_hint: upn }), pkce.verifier);
    const form = {
      client_id: tenant.clientId,
      client_secret: tenant.clientSecret,
      grant_type: 'refresh_token',
      refresh_token: String(first.json['refresh_token']),
    };
    expect(claimsOf((await postForm(tenant, form)).json['id_token'])['oid']).toBe(somebody);
    tenant.state.collections.users.set({
      ...tenant.state.collections.users.get(somebody),
      id: somebody,
      accountEnabled: false,
    });
    expect((await postForm(tenant, form)).json).toMatchObject({ error: 'invalid_grant', error_codes: [50057] });
  });

  it('gives an application the roles it holds on Graph and wants /.default', async () => {
    const form = { client_id: tenant.clientId, client_secret: tenant.clientSecret, grant_type: 'client_credentials' };
    const good = await postForm(tenant, { ...form, scope: 'https://graph.microsoft.com/.default' });
    expect(claimsOf(good.json['access_token'])).toMatchObject({
      aud: 'https://graph.microsoft.com',
      idtyp: 'app',
      roles: expect.arrayContaining(['Policy.Read.All']),
    });
    expect((await postForm(tenant, { ...form, scope: 'User.Read' })).json['error']).toBe('invalid_scope');
  });

  it('tells the applications of a sign-out by a frame with sid and iss', async () => {
    tenant.setFrontChannelLogoutUrl('http://localhost:3999/frontchannel-logout');
    const signedIn = await wire(
      tenant,
      authorizeUrl(tenant, { redirect_uri: REDIRECT, code_challenge: makePkce().challenge, login_hint: hint() }),
    );
    const sid = new URL(signedIn.headers.location ?? '').searchParams.get('session_state');
    const cookie = String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const out = await wire(tenant, `${tenant.browserUrl}/${tenant.tenantId}/oauth2/v2.0/logout`, {
      headers: { cookie },
    });
    expect(out.text).toContain(`sid=${sid}`);
    expect(out.headers['content-security-policy']).toContain('frame-src http://localhost:3999');
  });
});
