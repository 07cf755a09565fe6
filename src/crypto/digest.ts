import { hash, randomFillSync, timingSafeEqual } from 'node:crypto';

export function sha256(data: string | Uint8Array): Buffer {
  return hash('sha256', data, 'buffer');
}

/** Equality of two secrets in constant time; the digests make the lengths equal, because the length is part of a secret. */
export function equalSecrets(left: string | Uint8Array, right: string | Uint8Array): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}

const TOKEN_BYTES = 32;
/** Random bytes for some tokens at once: each is used once and wiped. */
const pool = Buffer.alloc(TOKEN_BYTES * 64);
let used = pool.length;

/** 256 bits from the system's generator as 43 characters base64url (ASVS 11.5.1 asks for 128). */
export function randomToken(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += TOKEN_BYTES;
  const token = pool.toString('base64url', start, used);
  pool.fill(0, start, used);
  return token;
}

const RANDOM_TOKEN = /^[\w-]{43}$/;

/** Whether a text has the exact form of randomToken: anything shorter or longer was never given out. */
export function isRandomToken(text: string): boolean {
  return RANDOM_TOKEN.test(text);
}
