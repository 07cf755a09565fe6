import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealedPlace } from './key-ring.js';

/**
 * Layout of a value that is sealed directly: format (1 byte, 1) | key version (4 bytes, big endian) | nonce (12) | tag (16) |
 * ciphertext. AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D 8.2.2: at most 2^32 values under one key), for keys that seal
 * little: a key-encryption key, a key made for one value. Header and place are authenticated with the content. What data keys seal
 * has format 2 (data-key-cipher.ts).
 */
const FORMAT = 1;
const HEADER_BYTES = 5;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export class SealBroken extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`a sealed value does not open: ${reason}`, options);
    this.name = 'SealBroken';
  }
}

/** @param keyVersion which key this is; authenticated, and stands in the sealed value */
export function sealWithKey(key: Uint8Array, keyVersion: number, plaintext: Uint8Array, place: SealedPlace): Buffer {
  assertKey(key);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(FORMAT, 0);
  header.writeUInt32BE(keyVersion, 1);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(header, place));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]);
}

/** @throws SealBroken when the value was changed, moved to another place, or sealed under another key */
export function openWithKey(key: Uint8Array, sealed: Uint8Array, place: SealedPlace): Buffer {
  assertKey(key);
  const value = Buffer.from(sealed);
  if (value.byteLength < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || value[0] !== FORMAT) throw notOurFormat();
  const header = value.subarray(0, HEADER_BYTES);
  const nonce = value.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const tag = value.subarray(HEADER_BYTES + NONCE_BYTES, HEADER_BYTES + NONCE_BYTES + TAG_BYTES);
  const ciphertext = value.subarray(HEADER_BYTES + NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(header, place));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (cause) {
    throw doesNotOpen(cause);
  }
}

export function notOurFormat(): SealBroken {
  return new SealBroken('it is not in the format of this service');
}

export function doesNotOpen(cause: unknown): SealBroken {
  return new SealBroken('it was changed, moved, or sealed under another key', { cause });
}

/** Lengths stand before the parts, so that no two places have the same bytes. This format knows no tenant. */
function additionalData(header: Buffer, place: SealedPlace): Buffer {
  const parts = [place.table, place.column, place.row].map((part) => Buffer.from(part, 'utf8'));
  const lengths = Buffer.alloc(parts.length * 4);
  parts.forEach((part, index) => {
    lengths.writeUInt32BE(part.byteLength, index * 4);
  });
  return Buffer.concat([header, lengths, ...parts]);
}

function assertKey(key: Uint8Array): void {
  if (key.byteLength !== KEY_BYTES) throw new Error(`an AES-256 key has ${KEY_BYTES} bytes`);
}
