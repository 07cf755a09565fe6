import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../store/json.types.js';

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export function makeSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 27);
  return { kid, privateKey, publicKey };
}

/** The tenant's token signing keys: one signs, the ones before it are published as long as they are kept. */
export class SigningKeys {
  private keys: SigningKey[] = [makeSigningKey()];
  private strangers: SigningKey | undefined;

  get current(): SigningKey {
    const [first] = this.keys;
    if (!first) throw new Error('The demo tenant has no signing key.');
    return first;
  }

  find(kid: string): SigningKey | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  /** Signs with a new key from now on. `keepOld` false withdraws the keys so far: their tokens stop being valid. */
  rotate(keepOld = true): void {
    this.keys = [makeSigningKey(), ...(keepOld ? this.keys : [])];
  }

  /** The JSON Web Key Set (RFC 7517) as Entra publishes it. */
  jwks(issuer: string): JsonObject {
    return { keys: this.keys.map(({ kid, publicKey }) => publicJwk(kid, publicKey, issuer)) };
  }

  /** A key set with the right key ids and somebody else's key under each: no token of this tenant verifies by it. */
  wrongJwks(issuer: string): JsonObject {
    this.strangers ??= makeSigningKey();
    const { publicKey } = this.strangers;
    return { keys: this.keys.map(({ kid }) => publicJwk(kid, publicKey, issuer)) };
  }
}

function publicJwk(kid: string, publicKey: KeyObject, issuer: string): JsonObject {
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n: n ?? '', e: e ?? '', issuer };
}
