import { type AuthStage, startAuthStage } from './auth-stage.js';

const FAILURES = 3;

describe('what is no credential, or was refused to nobody', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage({ RATE_LIMIT_FAILURES_PER_MINUTE: String(FAILURES) });
  });
  afterAll(() => stage.close());
  afterEach(() => stage.tenant.setFaults());

  const signedIn = async () => {
    const browser = stage.browser();
    expect((await browser.signIn(stage.person(0).upn)).status).toBe(303);
    return browser;
  };

  it('costs no running session of the same address anything while Entra ID is away', async () => {
    const running = await signedIn();
    for (let n = 0; n < FAILURES + 2; n++) {
      const browser = stage.browser();
      const back = await browser.goToEntra(stage.person(1).upn);
      stage.tenant.setFaults({ kind: 'status', path: `/${stage.tenant.tenantId}/oauth2/v2.0/token`, status: 503 });
      const { status, body } = await browser.request(back);
      expect([status, body['code']]).toEqual([503, 'auth.entra_unavailable']);
      stage.tenant.setFaults();
    }
    expect((await running.refresh()).status).toBe(200);
  });

  it('costs nobody anything when pages ask for a token that nobody is signed in on', async () => {
    const running = await signedIn();
    for (let n = 0; n < FAILURES + 2; n++) {
      expect((await stage.browser().refresh()).body['code']).toBe('auth.refresh_missing');
    }
    expect((await running.refresh()).status).toBe(200);
  });

  // The last one: the address has no allowance left after it.
  it('is told from a credential that was refused, and of those there are only so many', async () => {
    const running = await signedIn();
    for (let n = 0; n < FAILURES + 2; n++) {
      const answer = await stage.browser().request(`/api/v1/auth/callback?code=a&state=${'A'.repeat(43)}`);
      expect([401, 429]).toContain(answer.status);
    }
    expect((await running.refresh()).status).toBe(429);
  });
});
