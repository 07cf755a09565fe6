import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Equality of two secrets in constant time; the digests make the lengths equal, because the length is part of a secret. */
export function equalSecrets(left: string | Uint8Array, right: string | Uint8Array): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}

/** 256 bits from the system's generator as 43 characters base64url (ASVS 11.5.1 asks for 128). */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

const RANDOM_TOKEN = /^[\w-]{43}$/;

/** Whether a text has the exact form of randomToken: anything shorter or longer was never given out. */
export function isRandomToken(text: string): boolean {
  return RANDOM_TOKEN.test(text);
}
