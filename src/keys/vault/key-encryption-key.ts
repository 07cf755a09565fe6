import type { SealedPlace } from '../../crypto/key-ring.js';

export interface WrappedKey {
  wrapped: Buffer;
  /** Which key wrapped it, with its version; stored beside it. Says nothing of the key itself. */
  wrappedBy: string;
}

/**
 * Wraps the keys that lie in the database, each bound to its place. The port behind which a key vault stands. An abstract class,
 * because it is also the injection token.
 */
export abstract class KeyEncryptionKey {
  /** For people who must find it: `MASTER_KEY local:0123456789abcdef`. */
  abstract readonly name: string;
  /** What wraps now. @throws DomainError keys.vault_unavailable */
  abstract currentId(): Promise<string>;
  /** Whether this is the key, or holds the versions of the key, that wrapped something. */
  abstract opens(wrappedBy: string): boolean;
  /** @throws DomainError keys.vault_unavailable */
  abstract wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey>;
  /** @throws DomainError keys.vault_unavailable; anything else means that this key doesn't open it */
  abstract unwrap(wrapped: Uint8Array, wrappedBy: string, place: SealedPlace): Promise<Buffer>;
}

/** Wraps under one key and opens also what others wrapped: while an installation moves from key to key. */
export class KeyEncryptionKeys extends KeyEncryptionKey {
  constructor(
    private readonly current: KeyEncryptionKey,
    private readonly before: readonly KeyEncryptionKey[],
  ) {
    super();
  }

  get name(): string {
    return this.current.name;
  }

  currentId(): Promise<string> {
    return this.current.currentId();
  }

  opens(wrappedBy: string): boolean {
    return this.findFor(wrappedBy) !== undefined;
  }

  wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey> {
    return this.current.wrap(key, place);
  }

  async unwrap(wrapped: Uint8Array, wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    return (this.findFor(wrappedBy) ?? this.current).unwrap(wrapped, wrappedBy, place);
  }

  private findFor(wrappedBy: string): KeyEncryptionKey | undefined {
    return [this.current, ...this.before].find((key) => key.opens(wrappedBy));
  }
}
