import type { KeyObject } from 'node:crypto';

/** Where a sealed value stands. It is authenticated with the value: a ciphertext moved elsewhere doesn't open. */
export interface SealedPlace {
  table: string;
  column: string;
  /** Primary key of the row. */
  row: string;
}

export interface SigningKey {
  /** `kid` of the JWKS (RFC 7517 4.5). */
  kid: string;
  algorithm: 'ES256';
  privateKey: KeyObject;
}

export interface VerificationKey {
  kid: string;
  algorithm: 'ES256';
  publicKey: KeyObject;
}

/**
 * The port to the keys of this installation; `keys/` provides it. An abstract class, because it is also the injection token.
 */
export abstract class KeyRing {
  /** AES-256-GCM under the current data key. */
  abstract seal(plaintext: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /** @throws DomainError keys.cannot_open when the value was changed, moved, or sealed under a key that is gone */
  abstract open(sealed: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /** The key that signs access tokens now. */
  abstract signingKey(): Promise<SigningKey>;
  /** Every key under which a token that is still alive may have been signed: next, current and retiring. */
  abstract verificationKeys(): Promise<readonly VerificationKey[]>;
  /** Called after each change of the verification keys: what was checked by those before counts no more. */
  abstract whenKeysChange(listener: () => void): void;
  /** The one of them that has this id; an id that isn't known is looked for once more before null. */
  abstract verificationKey(kid: string): Promise<VerificationKey | null>;
}
