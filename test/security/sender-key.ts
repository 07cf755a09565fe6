import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { sha256 } from '../../src/crypto/digest.js';
import { jwkThumbprint, type PublicJwk } from '../../src/crypto/jwk-thumbprint.js';
import { PUBLIC_URL } from '../auth/auth-stage.js';

type Members = Record<string, unknown>;

/** A program's P-256 key, with which it proves itself, or claims to. Claims given as undefined are left out. */
export class SenderKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JsonWebKey;
  readonly jkt: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.jwk = publicKey.export({ format: 'jwk' });
    this.jkt = jwkThumbprint(this.jwk as PublicJwk);
  }

  /** A DPoP proof (RFC 9449 4.2) for a call of the API; `path` under /api/v1. */
  proof(method: string, path: string, accessToken?: string, claims: Members = {}, header: Members = {}): string {
    const ath = accessToken === undefined ? undefined : sha256(accessToken).toString('base64url');
    const htu = `${PUBLIC_URL}/api/v1${path}`;
    const payload = { jti: randomUUID(), htm: method, htu, iat: seconds(), ath, ...claims };
    return this.sign({ typ: 'dpop+jwt', jwk: this.jwk, ...header }, payload);
  }

  /** A client assertion (RFC 7523 3). */
  assertion(clientId: string, claims: Members = {}, header: Members = {}): string {
    const now = seconds();
    const payload = { iss: clientId, sub: clientId, aud: PUBLIC_URL, jti: randomUUID(), iat: now, exp: now + 60 };
    return this.sign(header, { ...payload, ...claims });
  }

  sign(header: Members, payload: Members): string {
    const input = `${part({ alg: 'ES256', ...header })}.${part(payload)}`;
    const key = { key: this.privateKey, dsaEncoding: 'ieee-p1363' as const };
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }
}

export function part(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
