import { parse, serialize } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRandomToken } from '../crypto/digest.js';
import { LIFETIME } from './lifetimes.js';
import type { PublicAddress } from './public-address.js';

/** `session` holds the refresh token; `sign-in` binds a sign-in to the browser that began it. */
type CookieKind = 'session' | 'sign-in';

/**
 * The session cookie never needs to arrive from another site, so it is Strict; the sign-in cookie has to come along when Entra
 * sends the browser back, so it is Lax (ASVS 3.3.1 to 3.3.4).
 */
const SAME_SITE = { session: 'strict', 'sign-in': 'lax' } as const;
const MAX_AGE = { session: LIFETIME.sessionSeconds, 'sign-in': LIFETIME.signInSeconds };

export function cookieName(kind: CookieKind, address: PublicAddress): string {
  return `${address.secureCookies ? '__Host-' : ''}blindspotx-${kind}`;
}

/** Null when it is absent or can't be one of ours. */
export function readCookie(request: FastifyRequest, kind: CookieKind, address: PublicAddress): string | null {
  const { cookie } = request.headers;
  const value = cookie === undefined ? undefined : parse(cookie)[cookieName(kind, address)];
  return value !== undefined && isRandomToken(value) ? value : null;
}

export function setCookie(reply: FastifyReply, kind: CookieKind, value: string, address: PublicAddress): void {
  write(reply, kind, value, address, { maxAge: MAX_AGE[kind] });
}

export function clearCookie(reply: FastifyReply, kind: CookieKind, address: PublicAddress): void {
  write(reply, kind, '', address, { expires: new Date(0) });
}

/** Only here, and not by a plugin in every request's way: a call of the API has nothing to do with cookies. */
function write(
  reply: FastifyReply,
  kind: CookieKind,
  value: string,
  address: PublicAddress,
  end: { maxAge: number } | { expires: Date },
): void {
  const attributes = { path: '/', httpOnly: true, secure: address.secureCookies, sameSite: SAME_SITE[kind], ...end };
  void reply.header('set-cookie', serialize(cookieName(kind, address), value, attributes));
}
