import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SealedPlace } from '../crypto/key-ring.js';

const INFO = 'blindspotx key check 1';

/**
 * 32 bytes that tell a secret key from any other and give nothing of it away: HMAC-SHA-256 under the key, of the place it was made for. It lies
 * beside the wrapped key.
 */
export function keyCheckValue(key: Buffer, { table, row }: SealedPlace): Buffer {
  return createHmac('sha256', key).update(`${INFO}\0${table}\0${row}`).digest();
}

/** In the same time whatever is equal. */
export function isSameCheckValue(one: Buffer, other: Buffer): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
