import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { type CompactJws, isSignedBy, type JwsAlgorithm } from '../../crypto/compact-jws.js';
import { importPublicJwk, JwkRefused } from '../../crypto/import-public-jwk.js';
import type { UsableCredential } from '../../users/service-account.types.js';

/** How many credentials an account may have at once; so many are tried, whoever asks. */
const TRIED = 2;

const NOBODYS_EC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
/** Any odd number of 2048 bits will do: it only has to cost as much time as a key. */
const NOBODYS_RSA_KEY = ((): KeyObject => {
  const modulus = randomBytes(256);
  modulus[0] = 0x80;
  modulus[255] = 0x01;
  return importPublicJwk({ kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }).key;
})();

/**
 * The credential whose key signed the assertion, or null. Takes the same time for an account that isn't there: where there is
 * no key, nobody's is tried.
 */
export function signingCredential(
  assertion: CompactJws,
  algorithm: JwsAlgorithm,
  credentials: readonly UsableCredential[],
): string | null {
  const keys = credentials.flatMap((credential) => keysOf(credential, algorithm));
  let signedBy: string | null = null;
  for (let place = 0; place < Math.max(TRIED, keys.length); place++) {
    const { id, key } = keys[place] ?? { id: null, key: algorithm === 'ES256' ? NOBODYS_EC_KEY : NOBODYS_RSA_KEY };
    if (isSignedBy(assertion, algorithm, key) && id !== null) signedBy = id;
  }
  return signedBy;
}

function keysOf(credential: UsableCredential, algorithm: JwsAlgorithm): { id: string; key: KeyObject }[] {
  if (credential.kind !== 'public_key') return [];
  try {
    const { key, algorithms } = importPublicJwk(credential.publicJwk);
    return algorithms.includes(algorithm) ? [{ id: credential.id, key }] : [];
  } catch (error) {
    // It was checked when it was stored. What no longer passes opens nothing.
    if (error instanceof JwkRefused) return [];
    throw error;
  }
}
