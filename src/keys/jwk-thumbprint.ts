import type { KeyObject } from 'node:crypto';
import { sha256 } from '../crypto/digest.js';

/** A public EC key as a JSON Web Key (RFC 7517). */
export interface EcPublicJwk {
  kty: 'EC';
  crv: string;
  x: string;
  y: string;
}

export function ecPublicJwk(key: KeyObject): EcPublicJwk {
  const { crv, x, y } = key.export({ format: 'jwk' });
  if (crv === undefined || x === undefined || y === undefined) throw new Error('this is not an elliptic curve key');
  return { kty: 'EC', crv, x, y };
}

/** RFC 7638 3: SHA-256 over the required members in lexicographic order. */
export function jwkThumbprint({ crv, kty, x, y }: EcPublicJwk): string {
  return sha256(JSON.stringify({ crv, kty, x, y })).toString('base64url');
}
