import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A sender's key (RFC 9449), made with node:crypto alone so that it checks ours and doesn't repeat it. */
export class DpopKey {
  private readonly privateKey: KeyObject;
  private readonly jwk: { kty: string; crv: string; x: string; y: string };
  /** Thumbprint of RFC 7638. */
  readonly jkt: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.privateKey = privateKey;
    this.jwk = { kty, crv, x, y };
    this.jkt = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  }

  /** A proof for one request. @param url as the client sees it */
  proof(method: string, url: string, accessToken?: string, changed: Record<string, unknown> = {}): string {
    const claims = {
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      jti: randomUUID(),
      ...(accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') }),
      ...changed,
    };
    const input = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}
