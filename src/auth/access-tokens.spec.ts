import { generateKeyPairSync } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../config/settings.js';
import { KeyRing, type SigningKey, type VerificationKey } from '../crypto/key-ring.js';
import { newId } from '../kernel/ids/ids.js';
import { AccessTokens } from './access-tokens.service.js';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

class OneKey extends KeyRing {
  async seal(): Promise<Buffer> {
    throw new Error('not for tokens');
  }
  async open(): Promise<Buffer> {
    throw new Error('not for tokens');
  }
  async signingKey(): Promise<SigningKey> {
    return { kid: 'k', algorithm: 'ES256', privateKey: pair.privateKey };
  }
  async verificationKeys(): Promise<VerificationKey[]> {
    return [{ kid: 'k', algorithm: 'ES256', publicKey: pair.publicKey }];
  }
}

const PUBLIC_URL = 'https://bx.example';
const jwt = new JwtService({});
const tokens = new AccessTokens(jwt, new OneKey(), Object.assign(new Settings(), { PUBLIC_URL }));
const [userId, sessionId] = [newId(), newId()];
const now = Math.floor(Date.now() / 1000);

/** Signed by the right key, with what is given changed. */
function signed(claims: object = {}, header: object = {}): string {
  const all = {
    iss: PUBLIC_URL,
    aud: PUBLIC_URL,
    sub: userId,
    sid: sessionId,
    jti: newId(),
    client_id: 'blindspotx',
    iat: now,
    exp: now + 600,
    ...claims,
  };
  const defined = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return jwt.sign(defined, {
    privateKey: pair.privateKey,
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'k', ...header },
  });
}

describe('access tokens', () => {
  it('verify as the user and session they were issued for, and live ten minutes', async () => {
    const token = await tokens.issue({ userId, sessionId });
    await expect(tokens.verify(token)).resolves.toEqual({ userId, sessionId });
    const { iat, exp, ...claims } = jwt.decode<Record<string, number>>(token);
    expect(Number(exp) - Number(iat)).toBe(600);
    expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'iss', 'jti', 'sid', 'sub']);
    await expect(tokens.verify(signed())).resolves.toEqual({ userId, sessionId });
  });

  it.each([
    ['type JWT', {}, { typ: 'JWT' }],
    ['no type', {}, { typ: undefined }],
    ['an unknown key id', {}, { kid: 'other' }],
    ['extensions that must be understood', {}, { crit: ['exp'] }],
    ['another issuer', { iss: 'https://attacker.example' }, {}],
    ['another audience', { aud: 'https://attacker.example' }, {}],
    ['a list of audiences', { aud: [PUBLIC_URL, 'https://attacker.example'] }, {}],
    ['no audience', { aud: undefined }, {}],
    ['another client', { client_id: 'x' }, {}],
    ['no subject', { sub: undefined }, {}],
    ['a subject that is no id', { sub: 'admin' }, {}],
    ['no session', { sid: undefined }, {}],
  ])('with %s are refused although the signature is right', async (_case, claims, header) => {
    await expect(tokens.verify(signed(claims, header))).rejects.toMatchObject({ code: 'auth.token_invalid' });
  });

  it('that have expired say so', async () => {
    await expect(tokens.verify(signed({ exp: now - 1 }))).rejects.toMatchObject({ code: 'auth.token_expired' });
  });
});
