import { type KeyObject, verify } from 'node:crypto';
import type { Json, JsonObject } from './canonical-json.js';

/** A JWS in compact form (RFC 7515 7.1), taken apart and not yet believed. */
export interface CompactJws {
  header: JsonObject;
  payload: JsonObject;
  signingInput: Buffer;
  signature: Buffer;
}

/** The two algorithms that are ever accepted here; which of them is said by the caller, never by the token (RFC 8725 3.1). */
export type JwsAlgorithm = 'RS256' | 'ES256';

const MAX_LENGTH = 16_384;
const FORM = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** @returns null for anything that isn't a signed JWT with JSON objects in it */
export function parseCompactJws(token: string): CompactJws | null {
  const parts = token.length > MAX_LENGTH ? null : FORM.exec(token);
  if (parts === null) return null;
  const [, head = '', body = '', tail = ''] = parts;
  const header = jsonObject(head);
  const payload = jsonObject(body);
  const signature = decode(tail);
  if (header === null || payload === null || signature === null) return null;
  return { header, payload, signingInput: Buffer.from(`${head}.${body}`, 'ascii'), signature };
}

/**
 * Whether the signature is right under this key and this algorithm. `none`, another algorithm, and extensions that must be
 * understood (`crit`, RFC 7515 4.1.11) are wrong; `jku`, `jwk`, `x5u` and `x5c` are never looked at.
 */
export function isSignedBy(jws: CompactJws, algorithm: JwsAlgorithm, key: KeyObject): boolean {
  if (jws.header['alg'] !== algorithm || jws.header['crit'] !== undefined) return false;
  const expectedType = algorithm === 'RS256' ? 'rsa' : 'ec';
  if (key.asymmetricKeyType !== expectedType) return false;
  try {
    return verify(
      'sha256',
      jws.signingInput,
      algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key,
      jws.signature,
    );
  } catch {
    return false;
  }
}

function jsonObject(part: string): JsonObject | null {
  const bytes = decode(part);
  if (bytes === null) return null;
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Strict base64url: a part that another decoder would read differently is refused. */
function decode(part: string): Buffer | null {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : null;
}
