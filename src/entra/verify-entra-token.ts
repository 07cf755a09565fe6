import type { JsonObject } from '../crypto/canonical-json.js';
import { type CompactJws, isSignedBy, parseCompactJws } from '../crypto/compact-jws.js';
import { equalSecrets } from '../crypto/digest.js';
import { entraError } from './entra.errors.js';
import type { EntraAuthority } from './entra-authority.js';

export interface EntraTokenDemands {
  /** Entra's directory id; the token must be of this tenant and no other. */
  entraTenantId: string;
  audiences: readonly string[];
  /** The nonce of the sign-in; null for access tokens, which have none. */
  nonce: string | null;
}

/** What a token of Entra says of a person, after everything was checked. `name` and the addresses are for display only. */
export interface EntraClaims {
  entraTenantId: string;
  objectId: string;
  subject: string;
  issuedAt: Date;
  expiresAt: Date;
  name: string | null;
  preferredUsername: string | null;
  email: string | null;
  sessionId: string | null;
  all: JsonObject;
}

/** Between their clock and ours; Entra's own tolerance is five minutes, which is more than two synchronised hosts need. */
const SKEW_SECONDS = 60;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Checks a token of Entra from the first byte to the last claim: RS256 and nothing else, by a key of this tenant's own key
 * set; issuer, audience and tenant exact; times present and right; the nonce of this very sign-in (OpenID Connect Core
 * 3.1.3.7). MSAL checks none of this.
 *
 * @throws DomainError entra.token_invalid with a reason that names the claim and never its value; entra.authority_unavailable
 */
export async function verifyEntraToken(
  token: string | CompactJws,
  authority: Pick<EntraAuthority, 'document' | 'recall' | 'signingKey'>,
  demands: EntraTokenDemands,
  now: () => number = Date.now,
): Promise<EntraClaims> {
  const jws = typeof token === 'string' ? parseCompactJws(token) : token;
  if (jws === null) throw invalid('it is not a signed JWT');
  if (jws.header['alg'] !== 'RS256') throw invalid('its algorithm is not RS256');
  const { kid } = jws.header;
  if (kid !== undefined && typeof kid !== 'string') throw invalid('its key id is not text');
  const known = authority.recall(kid);
  const key = known?.key ?? (await authority.signingKey(kid, demands.nonce === null ? 'bearer' : 'sign-in'));
  if (key === null) throw invalid('no key of the tenant has its key id');
  if (!isSignedBy(jws, 'RS256', key)) throw invalid('its signature is wrong');
  return claimsOf(jws, known?.issuer ?? (await authority.document()).issuer, demands, now() / 1000);
}

function claimsOf(
  { payload }: CompactJws,
  issuer: string,
  demands: EntraTokenDemands,
  nowSeconds: number,
): EntraClaims {
  const { iss, aud, tid, ver, oid, sub, iat, nbf, exp, nonce } = payload;
  if (iss !== issuer) throw invalid('iss is not the tenant’s');
  if (typeof aud !== 'string' || !demands.audiences.includes(aud)) throw invalid('aud is not this service');
  if (typeof tid !== 'string' || tid.toLowerCase() !== demands.entraTenantId.toLowerCase())
    throw invalid('tid is another tenant');
  if (ver !== '2.0') throw invalid('ver is not 2.0');
  if (!isTime(iat) || !isTime(exp)) throw invalid('iat or exp is missing');
  if (nbf !== undefined && !isTime(nbf)) throw invalid('nbf is no time');
  if (iat > nowSeconds + SKEW_SECONDS) throw invalid('iat lies in the future');
  if (nbf !== undefined && nbf > nowSeconds + SKEW_SECONDS) throw invalid('nbf lies in the future');
  if (exp <= nowSeconds - SKEW_SECONDS) throw invalid('it has expired');
  if (typeof sub !== 'string' || sub === '') throw invalid('sub is missing');
  if (typeof oid !== 'string' || !UUID.test(oid)) throw invalid('oid is missing');
  if (demands.nonce !== null && (typeof nonce !== 'string' || !equalSecrets(nonce, demands.nonce))) {
    throw invalid('nonce is not that of the sign-in');
  }
  return {
    entraTenantId: tid.toLowerCase(),
    objectId: oid.toLowerCase(),
    subject: sub,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    name: text(payload['name']),
    preferredUsername: text(payload['preferred_username']),
    email: text(payload['email']),
    sessionId: text(payload['sid']),
    all: payload,
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 512) : null;
}

function invalid(reason: string) {
  return entraError('entra.token_invalid', { detail: `The token is refused: ${reason}.` });
}
