import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JwsAlgorithm } from './compact-jws.js';
import { jwkThumbprint, type PublicJwk } from './jwk-thumbprint.js';

/** A public key that somebody else sent us, after every member was checked. */
export interface ImportedJwk {
  key: KeyObject;
  /** The required members and nothing else: what may be stored and shown. */
  jwk: PublicJwk;
  /** RFC 7638. */
  thumbprint: string;
  /** The signatures that may be checked with it: those that fit the kind of key, or the one that the key itself names. */
  algorithms: readonly JwsAlgorithm[];
}

/** Why a key isn't taken; the message is half a sentence for whoever sent it. */
export class JwkRefused extends Error {}

/** Members of private and symmetric keys (RFC 7518 6.2.2, 6.3.2, 6.4.1). Whoever sends one has given the key away. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** 32 bytes as base64url. */
const COORDINATE = /^[\w-]{43}$/;
/** Below it is weak (RFC 7518 3.3), above it one check costs more than a stranger may make us spend. */
const MODULUS_BITS = { least: 2048, most: 8192 };
const MAX_MODULUS_LENGTH = Math.ceil(MODULUS_BITS.most / 6);
/** An exponent is at most this many bytes long, because a long one makes each check slow. */
const MAX_EXPONENT_BYTES = 4;
const LEAST_EXPONENT = 65_537;

/**
 * Reads a JSON Web Key (RFC 7517) of a stranger: a public EC P-256 or RSA key that signs. Its own certificates and addresses
 * (`x5c`, `x5u`) are never looked at.
 *
 * @throws JwkRefused
 */
export function importPublicJwk(value: unknown): ImportedJwk {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new JwkRefused('it is not a JSON object');
  const members = new Map<string, unknown>(Object.entries(value));
  if (SECRET_MEMBERS.some((name) => members.has(name))) {
    throw new JwkRefused('it has a secret part; send the public key only and make a new pair');
  }
  const jwk = publicJwk(members);
  assertForSignatures(members);
  return {
    jwk,
    thumbprint: jwkThumbprint(jwk),
    algorithms: algorithmsOf(jwk, members.get('alg')),
    key: keyObject(jwk),
  };
}

function publicJwk(members: Map<string, unknown>): PublicJwk {
  const kty = members.get('kty');
  if (kty === 'EC') {
    const [x, y] = [members.get('x'), members.get('y')];
    if (members.get('crv') !== 'P-256') throw new JwkRefused('an EC key must be on the curve P-256');
    if (!isCoordinate(x) || !isCoordinate(y)) throw new JwkRefused('x and y must be 32 bytes each as base64url');
    return { kty, crv: 'P-256', x, y };
  }
  if (kty === 'RSA') {
    const [n, e] = [members.get('n'), members.get('e')];
    if (!isModulus(n))
      throw new JwkRefused('n must be an odd number of 2048 to 8192 bits as base64url without leading zeros');
    if (!isExponent(e)) throw new JwkRefused('e must be an odd number from 65537 on, of at most 32 bits, as base64url');
    return { kty, n, e };
  }
  throw new JwkRefused('kty must be EC or RSA');
}

/** RFC 7517 4.2 and 4.3: a key that says what it is for is used for nothing else. */
function assertForSignatures(members: Map<string, unknown>): void {
  const [use, operations] = [members.get('use'), members.get('key_ops')];
  if (use !== undefined && use !== 'sig') throw new JwkRefused('its use is not sig');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new JwkRefused('its key_ops do not include verify');
  }
}

function algorithmsOf({ kty }: PublicJwk, named: unknown): readonly JwsAlgorithm[] {
  const fitting: readonly JwsAlgorithm[] = kty === 'EC' ? ['ES256'] : ['RS256', 'PS256'];
  if (named === undefined) return fitting;
  const one = fitting.filter((algorithm) => algorithm === named);
  if (one.length === 0) throw new JwkRefused(`its alg must be ${fitting.join(' or ')}.`);
  return one;
}

function keyObject(jwk: PublicJwk): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw new JwkRefused('its numbers are no key of this kind');
  }
}

function isCoordinate(value: unknown): value is string {
  return typeof value === 'string' && COORDINATE.test(value) && bytesOf(value) !== null;
}

function isModulus(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_MODULUS_LENGTH) return false;
  const bytes = bytesOf(value);
  const [first = 0] = bytes ?? [];
  if (bytes === null || first === 0 || !isOdd(bytes)) return false;
  const bits = bytes.length * 8 - (Math.clz32(first) - 24);
  return bits >= MODULUS_BITS.least && bits <= MODULUS_BITS.most;
}

function isExponent(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 8) return false;
  const bytes = bytesOf(value);
  if (bytes === null || bytes.length === 0 || bytes.length > MAX_EXPONENT_BYTES || bytes[0] === 0) return false;
  return isOdd(bytes) && bytes.readUIntBE(0, bytes.length) >= LEAST_EXPONENT;
}

function isOdd(bytes: Buffer): boolean {
  return ((bytes.at(-1) ?? 0) & 1) === 1;
}

/** Strict base64url: another spelling of the same number would be another thumbprint of the same key. */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
