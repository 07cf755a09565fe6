import { createHmac, hkdfSync } from 'node:crypto';
import type { KeyedIndex } from './key-ring.js';

/**
 * An index of one purpose under an index key: HMAC-SHA-256 under a key that is derived for the purpose (HKDF, RFC 5869), so that
 * equal values of two purposes can't be matched.
 *
 * @param key 32 bytes
 */
export function keyedIndex(key: Uint8Array, version: number, purpose: string): KeyedIndex {
  const derived = Buffer.from(hkdfSync('sha256', key, '', `blindspotx index: ${purpose}`, 32));
  const of = (text: string) => createHmac('sha256', derived).update(text, 'utf8').digest();
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(version);
  return { version, of, entry: (text) => Buffer.concat([prefix, of(text)]) };
}
