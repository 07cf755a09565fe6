import { createHmac, hkdfSync } from 'node:crypto';
import type { KeyedIndex } from './key-ring.js';

const KEY_BYTES = 32;
const VERSION_BYTES = 4;

/**
 * A key of indexes: HMAC-SHA-256 under a key that is derived for each purpose (HKDF, RFC 5869), so that equal values of two purposes
 * can't be matched.
 */
export class IndexKey {
  /** By purpose. Purposes stand in the code, so that there are few; deriving a key costs more than using it. */
  private readonly derived = new Map<string, KeyedIndex>();

  /** @param key 32 bytes */
  constructor(
    readonly version: number,
    private readonly key: Uint8Array,
  ) {}

  indexFor(purpose: string): KeyedIndex {
    const known = this.derived.get(purpose);
    if (known !== undefined) return known;
    const index = this.derive(purpose);
    this.derived.set(purpose, index);
    return index;
  }

  private derive(purpose: string): KeyedIndex {
    const derived = Buffer.from(hkdfSync('sha256', this.key, '', `blindspotx index: ${purpose}`, KEY_BYTES));
    const of = (text: string) => createHmac('sha256', derived).update(text, 'utf8').digest();
    const prefix = Buffer.alloc(VERSION_BYTES);
    prefix.writeUInt32BE(this.version);
    return { version: this.version, of, entry: (text) => Buffer.concat([prefix, of(text)]) };
  }
}
