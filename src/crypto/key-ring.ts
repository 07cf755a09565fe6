import type { KeyObject } from 'node:crypto';

/** Where a sealed value stands. It is authenticated with the value: a ciphertext moved elsewhere doesn't open. */
export interface SealedPlace {
  table: string;
  column: string;
  /** Primary key of the row. */
  row: string;
  /** tenants.id whose data it is; absent for what belongs to the installation. */
  tenant?: string | null;
}

/** A value that is to be sealed, and where it will stand. */
export interface Sealing {
  plaintext: Uint8Array;
  /** Of a column that was declared (defineSealedColumn). */
  place: SealedPlace;
}

/** A keyed index over values that must be searched or compared without being readable. */
export interface KeyedIndex {
  /** Which index key this is. */
  version: number;
  /** HMAC-SHA-256 of the text: equal for equal texts under one purpose and version, worthless without the key. */
  of(text: string): Buffer;
  /** What lies in an IndexedColumn: the version (4 bytes, big endian) and then `of`. */
  entry(text: string): Buffer;
}

/** A key that signs checkpoints of the audit log (Ed25519). */
export interface CheckpointKey {
  /** Unique among the installation's keys; ever the same for one key. */
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The public half of a key that signs or signed checkpoints. It is kept for good: what was signed stays verifiable. */
export interface CheckpointVerifier {
  id: string;
  state: 'current' | 'retiring' | 'retired';
  /** Ed25519, 32 bytes. */
  publicKey: Buffer;
  createdAt: Date;
  /** When it signs no more, or signed no more; null while nothing has replaced it. */
  retiresAt: Date | null;
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
  /**
   * AES-256-GCM under the current data key.
   *
   * @param place of a column that was declared (defineSealedColumn)
   */
  abstract seal(plaintext: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /** The same for many, in their order, with one look at the keys. */
  abstract sealAll(values: readonly Sealing[]): Promise<Buffer[]>;
  /** @throws DomainError keys.cannot_open when the value was changed, moved, or sealed under a key that is gone */
  abstract open(sealed: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /**
   * The index that is written with now.
   *
   * @param purpose separates indexes: equal texts of two purposes have nothing in common
   */
  abstract index(purpose: string): Promise<KeyedIndex>;
  /** Those that entries may lie under now: the one that is written with first, its successor, and the ones before it. */
  abstract indexes(purpose: string): Promise<readonly KeyedIndex[]>;
  /** Who signs checkpoints now: the current key first, after it the one that it replaces, while both sign. */
  abstract checkpointKeys(): Promise<readonly CheckpointKey[]>;
  /** Every key under which a checkpoint may have been signed, newest first. */
  abstract checkpointVerifiers(): Promise<readonly CheckpointVerifier[]>;
  /** The key that signs access tokens now. */
  abstract signingKey(): Promise<SigningKey>;
  /** Every key under which a token that is still alive may have been signed: next, current and retiring. */
  abstract verificationKeys(): Promise<readonly VerificationKey[]>;
  /** Called after each change of the verification keys: what was checked by those before counts no more. */
  abstract whenKeysChange(listener: () => void): void;
  /** The one of them that has this id; an id that isn't known is looked for once more before null. */
  abstract verificationKey(kid: string): Promise<VerificationKey | null>;
}
