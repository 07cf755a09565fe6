import { type Answer, Browser, PUBLIC_URL } from '../../auth/auth-stage.js';
import { basic, postForm } from '../../auth/programs.js';
import type { MatrixStage } from './matrix-stage.js';

export const METRICS_TOKEN = 'metrics-of-the-matrix-0123456789abcdef';

/** Public routes that want a credential of their own: whoever brings it is let in. The others are asked bare. */
export function ownCredentials(stage: MatrixStage): Record<string, () => Promise<Answer>> {
  const oauth = (endpoint: 'token' | 'introspect' | 'revoke', form: Record<string, string>) => async () =>
    postForm(stage.url, endpoint, form, basic(await stage.program([])));
  const cookie = (path: string) => async () =>
    (await signedIn(stage)).request(path, { method: 'POST', headers: OWN_PAGE });
  return {
    'GET /auth/callback': async () => stage.auth.browser().signIn(stage.auth.person(7).upn),
    'POST /auth/introspect': oauth('introspect', { token: 'x' }),
    'POST /auth/logout': cookie('/api/v1/auth/logout'),
    'POST /auth/refresh': cookie('/api/v1/auth/refresh'),
    'POST /auth/revoke': oauth('revoke', { token: 'x' }),
    'POST /auth/token': oauth('token', { grant_type: 'client_credentials' }),
    'GET /metrics': () =>
      new Browser(stage.url).request('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } }),
  };
}

export const OWN_PAGE = { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' };

/** A browser with a session. */
export async function signedIn(stage: MatrixStage): Promise<Browser> {
  const browser = stage.auth.browser();
  await browser.signIn(stage.auth.person(7).upn);
  return browser;
}
