import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';

describe('a page of another site in somebody’s browser', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage({
      RATE_LIMIT_SIGN_INS_PER_MINUTE: '20',
      RATE_LIMIT_TOKENS_PER_MINUTE: '60',
      RATE_LIMIT_FAILURES_PER_MINUTE: '10',
    });
  });
  afterAll(() => stage.close());

  it.each([
    ['images of the callback', 'GET', '/auth/callback?state=x&code=y', 'image'],
    ['images of the sign-in', 'GET', '/auth/login', 'image'],
    ['frames of the front-channel logout', 'GET', '/auth/frontchannel-logout?sid=x', 'iframe'],
    ['forms to the token endpoint', 'POST', '/auth/token', 'document'],
    ['forms to the refresh', 'POST', '/auth/refresh', 'document'],
  ])('uses up nothing of what its visitor may do: %s', async (_what, method, path, destination) => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-dest': destination,
      ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    };
    for (let i = 0; i < 80; i++) {
      await stage
        .browser()
        .request(`/api/v1${path}`, { method, headers, ...(method === 'POST' ? { body: 'a=b' } : {}) });
    }
    const visitor = stage.browser();
    expect((await visitor.signIn(stage.person(0).upn)).status).toBe(303);
    expect((await visitor.refresh()).status).toBe(200);
  });

  it('binds nobody’s session to a key of its own by a link', async () => {
    const path = `/api/v1/auth/login?dpopJkt=${'A'.repeat(43)}`;
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' };
    const lured = await stage.browser().request(path, { headers });
    expect([lured.status, lured.body['code']]).toEqual([403, 'auth.cross_site']);
    expect((await stage.browser().request(path)).status).toBe(302);
  });
});
