import type { DemoRequest } from '../http/exchange.js';
import type { TenantState } from '../store/tenant-state.js';
import type { BrowserSession, SignInStore } from './sign-in-store.js';

const COOKIE = 'demo_tenant_session';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';

/** The session of the browser, unless it has none, it ended, or its owner's sessions were revoked since. */
export function readSession(state: TenantState, store: SignInStore, request: DemoRequest): BrowserSession | undefined {
  const sid = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
  const session = store.findSession(sid ?? '');
  return session?.epoch === state.sessionEpochOf(session?.ownerId ?? '') ? session : undefined;
}

/** Set-Cookie of a session. */
export function sessionCookie({ sid }: BrowserSession): string {
  return `${COOKIE}=${sid}; ${ATTRIBUTES}`;
}

/** Set-Cookie that ends the session of the browser. */
export const NO_SESSION_COOKIE = `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
