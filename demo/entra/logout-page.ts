import type { DemoReply, DemoRequest } from '../http/exchange.js';
import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { NO_SESSION_COOKIE, readSession } from './browser-session.js';
import { escapeHtml, htmlPage } from './html-page.js';
import { hintedPerson } from './login-hint.js';
import { logoutUrlOf, redirectUrisOf } from './registration.js';
import type { BrowserSession, SignInStore } from './sign-in-store.js';

export interface LogoutParts {
  state: () => TenantState;
  store: SignInStore;
  issuer: () => string;
}

/** How long the frames have before the page goes on. */
const FRAME_SECONDS = 1;

/**
 * GET /{tenant}/oauth2/v2.0/logout, the end session endpoint (OpenID Connect RP-Initiated Logout 1.0): ends the session of the
 * browser, tells its applications by frames (Front-Channel Logout 1.0), and goes on to `post_logout_redirect_uri` where that
 * is registered, with `state`. `client_id` says with which application it must be registered; without it any will do.
 * A `logout_hint` that means somebody else than the session's owner leaves the session alone.
 */
export function handleLogout(parts: LogoutParts, request: DemoRequest): DemoReply {
  const state = parts.state();
  const session = sessionToEnd(parts, request);
  const target = nextAddress(state, request.query);
  const frames = session ? frameAddresses(parts, session) : [];
  const headers: Record<string, string> = session ? { 'set-cookie': NO_SESSION_COOKIE } : {};
  if (session) parts.store.endSession(session.sid);
  if (target && frames.length === 0)
    return { status: 302, headers: { location: target, 'cache-control': 'no-store', ...headers }, body: '' };
  const onward = target ? `<p><a href="${escapeHtml(target)}">Continue</a></p>` : '';
  const page = htmlPage(
    session ? 'You are signed out' : 'Nobody was signed out',
    `<p>${session ? 'The session at the demo tenant has ended.' : 'This browser had no such session.'}</p>${onward}${frames.map(frame).join('')}`,
    200,
    [...new Set(frames.map((url) => new URL(url).origin))],
  );
  const refresh: Record<string, string> = target ? { refresh: `${FRAME_SECONDS}; url=${target}` } : {};
  return { ...page, headers: { ...page.headers, ...refresh, ...headers } };
}

function sessionToEnd(parts: LogoutParts, request: DemoRequest): BrowserSession | undefined {
  const session = readSession(parts.state(), parts.store, request);
  const hinted = hintedPerson(parts.state(), request.query.get('logout_hint') ?? '');
  return hinted && hinted['id'] !== session?.ownerId ? undefined : session;
}

/** Where the browser goes afterwards; nowhere when the address isn't registered, letter by letter (RP-Initiated Logout 3). */
function nextAddress(state: TenantState, query: URLSearchParams): string | undefined {
  const address = query.get('post_logout_redirect_uri') ?? '';
  const clientId = query.get('client_id');
  const { applications } = state.collections;
  const candidates: Iterable<JsonObject> =
    clientId === null ? applications.values() : applications.where('appId', clientId);
  if (!address || ![...candidates].some((app) => redirectUrisOf(app).includes(address))) return undefined;
  const target = new URL(address);
  const given = query.get('state');
  if (given !== null) target.searchParams.set('state', given);
  return target.href;
}

/** The front-channel logout addresses of the applications that this session signed in to (Front-Channel Logout 1.0, 3). */
function frameAddresses(parts: LogoutParts, session: BrowserSession): string[] {
  const { applications } = parts.state().collections;
  return [...session.clientIds].flatMap((clientId) =>
    applications
      .where('appId', clientId)
      .map(logoutUrlOf)
      .filter(Boolean)
      .map((url) => {
        const framed = new URL(url);
        framed.searchParams.set('sid', session.sid);
        framed.searchParams.set('iss', parts.issuer());
        return framed.href;
      }),
  );
}

function frame(address: string): string {
  return `<iframe title="Signing out" src="${escapeHtml(address)}" hidden></iframe>`;
}
