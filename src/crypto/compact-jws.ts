import { constants, type KeyObject, verify } from 'node:crypto';
import type { Json, JsonObject } from './canonical-json.js';

/** A JWS in compact form (RFC 7515 7.1), taken apart and not yet believed. */
export interface CompactJws {
  header: JsonObject;
  payload: JsonObject;
  signingInput: Buffer;
  signature: Buffer;
}

/** The algorithms that are ever accepted here; which of them is said by the caller, never by the token (RFC 8725 3.1). */
export type JwsAlgorithm = 'RS256' | 'PS256' | 'ES256';

const MAX_LENGTH = 16_384;
/** RFC 7518 3.3: a shorter key must not be used. */
const MIN_MODULUS_BITS = 2048;
/** R and S of 32 bytes each (RFC 7518 3.4). */
const ES256_SIGNATURE_BYTES = 64;
/** How node:crypto is told each of them. */
const SIGNATURE_FORM = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  // RFC 7518 3.5: the salt is as long as the digest.
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
} as const;
const FORM = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** @returns null for anything that isn't a signed JWT with JSON objects in it */
export function parseCompactJws(token: string): CompactJws | null {
  const parts = token.length > MAX_LENGTH ? null : FORM.exec(token);
  if (parts === null) return null;
  const [, head = '', body = '', tail = ''] = parts;
  const header = headerOf(head);
  const payload = jsonObject(body);
  const signature = decode(tail);
  if (header === null || payload === null || signature === null) return null;
  return { header, payload, signingInput: Buffer.from(`${head}.${body}`, 'ascii'), signature };
}

/**
 * Whether the signature is right under this key and this algorithm. `none`, another algorithm, a key of another kind or too
 * weak, and extensions that must be understood (`crit`, RFC 7515 4.1.11; `b64`, RFC 7797 3) are wrong; `jku`, `jwk`, `x5u` and
 * `x5c` are never looked at.
 */
export function isSignedBy(jws: CompactJws, algorithm: JwsAlgorithm, key: KeyObject): boolean {
  const { alg, crit, b64 } = jws.header;
  if (alg !== algorithm || crit !== undefined || b64 !== undefined || !fits(key, algorithm)) return false;
  if (algorithm === 'ES256' && jws.signature.length !== ES256_SIGNATURE_BYTES) return false;
  try {
    return verify('sha256', jws.signingInput, { key, ...SIGNATURE_FORM[algorithm] }, jws.signature);
  } catch {
    return false;
  }
}

function fits({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: JwsAlgorithm): boolean {
  if (type !== 'public') return false;
  return algorithm === 'ES256'
    ? asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1'
    : asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_MODULUS_BITS;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const MAX_REMEMBERED = 64;
const MAX_REMEMBERED_LENGTH = 512;
/** All tokens of one key begin with the same text: their header is read once. Anybody can invent headers, so few are kept. */
const remembered = new Map<string, JsonObject>();

function headerOf(part: string): JsonObject | null {
  const known = remembered.get(part);
  if (known !== undefined) return known;
  const header = jsonObject(part);
  if (header !== null && part.length <= MAX_REMEMBERED_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(part, Object.freeze(header));
  }
  return header;
}

function jsonObject(part: string): JsonObject | null {
  const bytes = decode(part);
  if (bytes === null) return null;
  try {
    const value = JSON.parse(UTF8.decode(bytes)) as Json;
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Strict base64url (RFC 4648 3.5): a part of an impossible length, or with bits beyond its last byte, is refused, because another
 * decoder would read it differently. FORM has seen to the characters.
 */
function decode(part: string): Buffer | null {
  const rest = part.length % 4;
  const last = ALPHABET.indexOf(part.at(-1) ?? '');
  if (rest === 1 || (rest === 2 && (last & 0b1111) !== 0) || (rest === 3 && (last & 0b11) !== 0)) return null;
  return Buffer.from(part, 'base64url');
}
