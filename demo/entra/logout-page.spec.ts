import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { claimsOf, startSignIn, type WireAnswer, wire } from '../testing/tenant-client.js';

const REDIRECT = 'http://localhost:3993/cb';
const SIGNED_OUT = 'http://localhost:3993/signed-out?from=tenant';
const ELSEWHERE = 'https://attacker.example/';

describe('signing out at the demo tenant', () => {
  let tenant: DemoTenant;
  let endSession: string;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 22, redirectUris: [REDIRECT, SIGNED_OUT] });
    const { json } = await wire(tenant, `${tenant.authority}/v2.0/.well-known/openid-configuration`);
    endSession = String(json['end_session_endpoint']);
  });
  afterAll(() => tenant.close());

  const signOut = (query: Record<string, string>, cookie = ''): Promise<WireAnswer> =>
    wire(tenant, `${endSession}?${new URLSearchParams(query).toString()}`, { headers: { cookie } });
  const endsSession = (answer: WireAnswer) => String(answer.headers['set-cookie']?.[0]).includes('Max-Age=0');

  it('advertises what Entra does: front-channel logout on the browser’s port, and no back-channel logout', async () => {
    const { json } = await wire(tenant, `${tenant.authority}/v2.0/.well-known/openid-configuration`);
    expect(json).toMatchObject({ http_logout_supported: true, frontchannel_logout_supported: true });
    expect(Object.keys(json).filter((member) => member.startsWith('backchannel'))).toEqual([]);
    expect(endSession).toBe(`${tenant.browserUrl}/${tenant.tenantId}/oauth2/v2.0/logout`);
  });

  it('ends the session and goes on to the registered address, with state', async () => {
    const { cookie, sid } = await startSignIn(tenant, REDIRECT);
    expect((await startSignIn(tenant, REDIRECT, { cookie })).sid).toBe(sid);
    const answer = await signOut(
      { post_logout_redirect_uri: SIGNED_OUT, client_id: tenant.clientId, state: 'a b&c' },
      cookie,
    );
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(`${SIGNED_OUT}&state=a+b%26c`);
    expect(endsSession(answer)).toBe(true);
    const after = await startSignIn(tenant, REDIRECT, { cookie });
    expect(after.sid).not.toBe(sid);
  });

  it('goes on for a browser without a session too', async () => {
    expect((await signOut({ post_logout_redirect_uri: SIGNED_OUT })).headers.location).toBe(SIGNED_OUT);
  });

  it.each([
    ['an address of somebody else', { post_logout_redirect_uri: ELSEWHERE }],
    ['a registered address with a slash more', { post_logout_redirect_uri: `${REDIRECT}/` }],
    ['a registered address with a query', { post_logout_redirect_uri: `${REDIRECT}?next=${ELSEWHERE}` }],
    ['a registered address in other letters', { post_logout_redirect_uri: REDIRECT.toUpperCase() }],
    ['the address of another application', { post_logout_redirect_uri: REDIRECT, client_id: 'other' }],
    ['no address', {}],
  ])('signs out on a page and goes nowhere with %s', async (_what, query: Record<string, string>) => {
    const { cookie } = await startSignIn(tenant, REDIRECT);
    const answer = await signOut(query, cookie);
    expect([answer.status, answer.headers.location, answer.headers['refresh']]).toEqual([200, undefined, undefined]);
    expect(answer.text).toContain('You are signed out');
    expect(answer.text).not.toContain('attacker');
    expect(endsSession(answer)).toBe(true);
  });

  it('signs the hinted person out, and leaves the session of somebody else alone', async () => {
    const started = await startSignIn(tenant, REDIRECT);
    const hint = String(claimsOf((await started.redeem()).json['id_token'])['login_hint']);
    expect(hint).not.toContain(tenant.administrator.objectId);
    const other = await startSignIn(tenant, REDIRECT, { hint: tenant.cast.adminIds[4] ?? '' });
    expect(endsSession(await signOut({ logout_hint: hint }, other.cookie))).toBe(false);
    expect(endsSession(await signOut({ logout_hint: hint }, started.cookie))).toBe(true);
    const back = await startSignIn(tenant, REDIRECT, { hint });
    expect(claimsOf((await back.redeem()).json['id_token'])['oid']).toBe(tenant.administrator.objectId);
  });

  describe('where the application registered a front-channel logout address', () => {
    beforeAll(() => tenant.setFrontChannelLogoutUrl('http://localhost:3993/frontchannel-logout'));

    it('tells it with sid and iss in a frame, then goes on', async () => {
      const { cookie, sid } = await startSignIn(tenant, REDIRECT);
      const answer = await signOut({ post_logout_redirect_uri: SIGNED_OUT, state: 's' }, cookie);
      const framed = new URL(/<iframe[^>]* src="([^"]+)"/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&') ?? '');
      expect([framed.pathname, framed.searchParams.get('sid'), framed.searchParams.get('iss')]).toEqual([
        '/frontchannel-logout',
        sid,
        tenant.issuer,
      ]);
      expect(answer.headers['refresh']).toBe(`1; url=${SIGNED_OUT}&state=s`);
      expect(endsSession(answer)).toBe(true);
    });

    it('tells it nothing of a browser without a session', async () => {
      expect((await signOut({})).text).not.toContain('<iframe');
    });
  });
});
