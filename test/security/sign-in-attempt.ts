import type { TokenPlan } from '../../demo/entra/token-issuer.js';
import type { Fault } from '../../demo/faults/fault-registry.js';
import { type Answer, type AuthStage, Browser } from '../auth/auth-stage.js';
import type { TestService } from '../support/test-service.js';

/** A sign-in that Entra's page has sent back; the callback isn't visited yet. */
export interface Attempt {
  browser: Browser;
  nonce: string;
  code: string;
  /** The address of the callback with the code. */
  back: string;
}

/** Begins a sign-in of somebody and lets Entra's page send it back. */
export async function beginSignIn(
  stage: AuthStage,
  upn: string,
  service: Pick<TestService, 'url'> = stage.service,
): Promise<Attempt> {
  const browser = new Browser(service.url);
  const login = await browser.request(`/api/v1/auth/login?loginHint=${encodeURIComponent(upn)}`);
  const entra = login.headers.get('location');
  if (login.status !== 302 || entra === null) throw new Error(`no way to Entra: ${login.status}`);
  const back = (await fetch(entra, { redirect: 'manual' })).headers.get('location');
  if (back === null) throw new Error('Entra’s page sent nobody back');
  const code = new URL(back).searchParams.get('code') ?? '';
  return { browser, nonce: new URL(entra).searchParams.get('nonce') ?? '', code, back };
}

/** Has the token endpoint answer once with this id token, whatever it says, beside an ordinary access token. */
export function answeringWith(stage: AuthStage, idToken: string, accessToken = 'opaque'): Fault {
  return {
    kind: 'body',
    path: `/${stage.tenant.tenantId}/oauth2/v2.0/token`,
    times: 1,
    body: JSON.stringify({
      token_type: 'Bearer',
      scope: 'openid profile',
      expires_in: 3599,
      access_token: accessToken,
      id_token: idToken,
    }),
  };
}

/** Signs in while the token endpoint gives an id token of this plan; the plan's nonce is that of the sign-in. */
export async function signInWith(stage: AuthStage, upn: string, plan: Partial<TokenPlan>): Promise<Answer> {
  const attempt = await beginSignIn(stage, upn);
  const objectId = String(stage.tenant.state.findUser(upn)?.['id']);
  const idToken = stage.tenant.mintToken({ kind: 'id', objectId, nonce: attempt.nonce, ...plan });
  stage.tenant.setFaults(answeringWith(stage, idToken));
  return attempt.browser.request(attempt.back);
}

/** Records what is sent while the work runs; everything still goes over the wire. */
export async function recordingRequests(work: () => Promise<unknown>): Promise<{ url: string; body: string }[]> {
  const sent: { url: string; body: string }[] = [];
  const { fetch: original } = globalThis;
  globalThis.fetch = (input, init) => {
    sent.push({ url: String(input), body: typeof init?.body === 'string' ? init.body : '' });
    return original(input, init);
  };
  try {
    await work();
    return sent;
  } finally {
    globalThis.fetch = original;
  }
}
