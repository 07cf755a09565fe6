import type { KeyObject } from 'node:crypto';
import { sha256 } from './digest.js';

/** A public EC key as a JSON Web Key, without members that only describe it (RFC 7518 6.2.1). */
export interface EcPublicJwk {
  kty: 'EC';
  crv: string;
  x: string;
  y: string;
}

/** The same of an RSA key (RFC 7518 6.3.1). */
export interface RsaPublicJwk {
  kty: 'RSA';
  n: string;
  e: string;
}

export type PublicJwk = EcPublicJwk | RsaPublicJwk;

export function ecPublicJwk(key: KeyObject): EcPublicJwk {
  const { crv, x, y } = key.export({ format: 'jwk' });
  if (crv === undefined || x === undefined || y === undefined) throw new Error('this is not an elliptic curve key');
  return { kty: 'EC', crv, x, y };
}

/** RFC 7638 3: SHA-256 over the required members in lexicographic order, as base64url. */
export function jwkThumbprint(jwk: PublicJwk): string {
  const required =
    jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return sha256(JSON.stringify(required)).toString('base64url');
}
