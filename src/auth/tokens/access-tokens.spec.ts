import { generateKeyPairSync, sign } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../../config/settings.js';
import { KeyRing, type SigningKey, type VerificationKey } from '../../crypto/key-ring.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { newId } from '../../kernel/ids/ids.js';
import { type AccessTokenPlan, AccessTokens } from './access-tokens.service.js';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

class OneKey extends KeyRing {
  whenKeysChange(): void {}
  async seal(): Promise<Buffer> {
    throw new Error('not for tokens');
  }
  async sealAll(): Promise<Buffer[]> {
    throw new Error('not for tokens');
  }
  async open(): Promise<Buffer> {
    throw new Error('not for tokens');
  }
  async index(): Promise<never> {
    throw new Error('not for tokens');
  }
  async indexes(): Promise<never> {
    throw new Error('not for tokens');
  }
  async checkpointKeys(): Promise<never> {
    throw new Error('not for tokens');
  }
  async checkpointVerifiers(): Promise<never> {
    throw new Error('not for tokens');
  }
  async signingKey(): Promise<SigningKey> {
    return { kid: 'k', algorithm: 'ES256', privateKey: pair.privateKey };
  }
  async verificationKeys(): Promise<VerificationKey[]> {
    return [{ kid: 'k', algorithm: 'ES256', publicKey: pair.publicKey }];
  }
  async verificationKey(kid: string): Promise<VerificationKey | null> {
    return kid === 'k' ? { kid, algorithm: 'ES256', publicKey: pair.publicKey } : null;
  }
}

const PUBLIC_URL = 'https://bx.example';
/** An hour ahead of this host: what the database says counts. */
const clock = new DatabaseClock();
clock.sample(Date.now() + 3_600_000, performance.now(), performance.now());
const jwt = new JwtService({});
const tokens = new AccessTokens(jwt, new OneKey(), clock, Object.assign(new Settings(), { PUBLIC_URL }));
const [userId, sessionId, accountId] = [newId(), newId(), newId()];
const now = clock.nowSeconds();
const JKT = 'A'.repeat(43);
const plan: AccessTokenPlan = {
  subject: { type: 'user', userId, sessionId },
  clientId: 'blindspotx',
  scopes: null,
  dpopJkt: null,
};

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
  it('verify as the user and session they were issued for, and live ten minutes of the database', async () => {
    const { token, expiresInSeconds } = await tokens.issue(plan);
    await expect(tokens.verify(token)).resolves.toMatchObject(plan);
    const { iat, exp, ...claims } = jwt.decode(token) as Record<string, number>;
    expect([Number(exp) - Number(iat), expiresInSeconds]).toEqual([600, 600]);
    expect(Math.abs(Number(iat) - now)).toBeLessThan(60);
    expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'iss', 'jti', 'sid', 'sub']);
    await expect(tokens.verify(signed())).resolves.toMatchObject(plan);
  });

  it('of a service account carry its security stamp and no session', async () => {
    const subject = { type: 'service_account' as const, serviceAccountId: accountId, securityStamp: 3 };
    const { token } = await tokens.issue({ ...plan, subject, clientId: accountId });
    await expect(tokens.verify(token)).resolves.toMatchObject({ subject, clientId: accountId });
  });

  it('keep scope and sender key', async () => {
    const narrowed = { ...plan, scopes: ['drift:read' as const, 'audit:read' as const], dpopJkt: JKT };
    const { token } = await tokens.issue(narrowed);
    expect(jwt.decode(token)).toMatchObject({ scope: 'drift:read audit:read', cnf: { jkt: JKT } });
    await expect(tokens.verify(token)).resolves.toMatchObject(narrowed);
  });

  it('never outlive what they were issued for', async () => {
    const { token, expiresInSeconds } = await tokens.issue({ ...plan, atMostSeconds: 12.9 });
    const { iat, exp } = jwt.decode(token) as Record<string, number>;
    expect([Number(exp) - Number(iat), expiresInSeconds]).toEqual([12, 12]);
    expect((await tokens.issue({ ...plan, atMostSeconds: 9999 })).expiresInSeconds).toBe(600);
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
    ['no client', { client_id: undefined }, {}],
    ['no subject', { sub: undefined }, {}],
    ['a subject that is no id', { sub: 'admin' }, {}],
    ['neither session nor stamp', { sid: undefined }, {}],
    ['a session and a stamp', { stamp: 1 }, {}],
    ['a stamp and another client than the account', { sid: undefined, stamp: 1, client_id: newId() }, {}],
    ['no token id', { jti: undefined }, {}],
    ['no end', { exp: undefined }, {}],
    ['an end that is text', { exp: String(now + 600) }, {}],
    ['a scope of no permission', { scope: 'everything' }, {}],
    ['an empty scope', { scope: '' }, {}],
    ['a list for a scope', { scope: ['drift:read'] }, {}],
    ['a confirmation that is no key', { cnf: {} }, {}],
    ['a confirmation by certificate', { cnf: { 'x5t#S256': JKT } }, {}],
    ['no confirmation in cnf', { cnf: null }, {}],
  ])('with %s are refused although the signature is right', async (_case, claims, header) => {
    const token = 'exp' in claims ? signedAsIs(claims) : signed(claims, header);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'auth.token_invalid' });
  });

  it('that have expired by the clock of the database say so', async () => {
    await expect(tokens.verify(signed({ exp: now - 1 }))).rejects.toMatchObject({ code: 'auth.token_expired' });
    const byTheHostsClock = Math.floor(Date.now() / 1000) + 600;
    await expect(tokens.verify(signed({ exp: byTheHostsClock }))).rejects.toMatchObject({ code: 'auth.token_expired' });
  });
});

/** jsonwebtoken refuses to sign an `exp` that is no number. */
function signedAsIs(changed: object): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [head = '', body = ''] = signed().split('.');
  const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
  const input = `${part(read(head))}.${part({ ...read(body), ...changed })}`;
  const signature = sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
