import type { JsonObject } from '../crypto/canonical-json.js';
import { isSignedBy, parseCompactJws } from '../crypto/compact-jws.js';
import { entraError } from './entra.errors.js';
import type { EntraAuthority } from './entra-authority.js';

/** Whom and what a logout token is about. At least one of `sessionId` and `subject` is there. */
export interface LogoutClaims {
  issuer: string;
  /** Good for one use. */
  jti: string;
  /** Unix seconds from which it is refused for its age, tolerance included. */
  refusedFrom: number;
  /** Entra's `sid`. */
  sessionId: string | null;
  /** Entra's pairwise `sub`. */
  subject: string | null;
}

export interface LogoutTokenDemands {
  entraTenantId: string;
  clientId: string;
  nowSeconds: number;
}

/** The type that no other token has (OpenID Connect Back-Channel Logout 1.0, 2.4); media types don't mind case. */
const TYPE = /^(?:application\/)?logout\+jwt$/i;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Longest life and greatest age of a logout token (ASVS 10.5.5: about two minutes). */
const LIFETIME_SECONDS = 120;
/** Between their clock and ours, as for every token of Entra. */
const SKEW_SECONDS = 60;
const MAX_LENGTH = 256;

/**
 * Checks a logout token as OpenID Connect Back-Channel Logout 1.0, 2.6 and ASVS 10.5.5 want it: RS256 by a key of this tenant;
 * its own type, so that no id token passes for one; issuer, audience and tenant exact; new and short-lived; the logout event;
 * never a nonce. That it is used once is for the caller.
 *
 * @throws DomainError entra.token_invalid with a reason that names the claim and never its value; entra.authority_unavailable
 */
export async function verifyLogoutToken(
  token: string,
  authority: Pick<EntraAuthority, 'document' | 'signingKey'>,
  demands: LogoutTokenDemands,
): Promise<LogoutClaims> {
  const jws = parseCompactJws(token);
  if (jws === null) throw invalid('it is not a signed JWT');
  const { alg, typ, kid } = jws.header;
  if (alg !== 'RS256') throw invalid('its algorithm is not RS256');
  if (typeof typ !== 'string' || !TYPE.test(typ)) throw invalid('its type is not logout+jwt');
  if (kid !== undefined && typeof kid !== 'string') throw invalid('its key id is not text');
  // Whoever sends one isn't known yet: unknown key ids of inventions must not keep sign-ins from new keys.
  const key = await authority.signingKey(kid, 'bearer');
  if (key === null) throw invalid('no key of the tenant has its key id');
  if (!isSignedBy(jws, 'RS256', key)) throw invalid('its signature is wrong');
  return claimsOf(jws.payload, (await authority.document()).issuer, demands);
}

function claimsOf(claims: JsonObject, issuer: string, { entraTenantId, clientId, nowSeconds }: LogoutTokenDemands) {
  const { iss, aud, tid, iat, exp, jti, events, nonce, sid, sub } = claims;
  if (iss !== issuer) throw invalid('iss is not the tenant’s');
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== clientId) throw invalid('aud is not this service');
  if (tid !== undefined && (typeof tid !== 'string' || tid.toLowerCase() !== entraTenantId))
    throw invalid('tid is another tenant');
  if (!isTime(iat) || !isTime(exp)) throw invalid('iat or exp is missing');
  if (iat > nowSeconds + SKEW_SECONDS) throw invalid('iat lies in the future');
  const refusedFrom = Math.min(exp, iat + LIFETIME_SECONDS) + SKEW_SECONDS;
  if (nowSeconds >= refusedFrom) throw invalid('it has expired');
  if (exp - iat > LIFETIME_SECONDS || exp <= iat) throw invalid('exp is not within two minutes of iat');
  if (!isText(jti)) throw invalid('jti is missing');
  if (!hasLogoutEvent(events)) throw invalid('events is not that of a logout');
  if (nonce !== undefined) throw invalid('it has a nonce');
  if ((sid !== undefined && !isText(sid)) || (sub !== undefined && !isText(sub)))
    throw invalid('sid or sub is no text');
  if (sid === undefined && sub === undefined) throw invalid('sid and sub are missing');
  return { issuer, jti, refusedFrom, sessionId: sid ?? null, subject: sub ?? null };
}

function hasLogoutEvent(events: unknown): boolean {
  if (!isObject(events) || !Object.hasOwn(events, EVENT)) return false;
  return isObject(events[EVENT]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11;
}

function invalid(reason: string) {
  return entraError('entra.token_invalid', { detail: `The logout token is refused: ${reason}.` });
}
