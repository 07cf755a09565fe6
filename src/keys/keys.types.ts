export type SigningKeyState = 'next' | 'current' | 'retiring' | 'retired';

/** A signing key as operators see it; all times are the database's. */
export interface SigningKeyStatus {
  /** JWK thumbprint (RFC 7638), `kid` of the JWKS. */
  kid: string;
  state: SigningKeyState;
  /** When it was made and published. */
  createdAt: Date;
  /** When it began to sign. */
  activatedAt: Date | null;
  /** When it stops verifying. */
  retiresAt: Date | null;
  /** For `next`: from when on it may sign, because then everybody knows it. */
  readyAt: Date | null;
}

export interface SigningKeysStatus {
  /** Database time of the answer. */
  now: Date;
  /** When the schedule will rotate. */
  rotationDueAt: Date;
  keys: SigningKeyStatus[];
}

/** The kids of a rotation. */
export interface SigningKeyRotated {
  /** Signs from now on. */
  current: string;
  /** Verifies only, until retiresAt. */
  retiring: string;
  retiresAt: Date;
  /** Published from now on. */
  next: string;
}

/** Kinds of keys that are replaced at once, without being published before. */
export type RotatedKind = 'data' | 'index' | 'checkpoint';

export interface KeyRotated {
  kind: RotatedKind;
  /** Version, or id, of the key that is used from now on. */
  current: string;
  /** The one before it, for what was made with it. */
  retiring: string;
}
