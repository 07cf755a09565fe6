import { constants, createHmac, createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { isSignedBy, type JwsAlgorithm, parseCompactJws } from './compact-jws.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function rs256(header: object, payload: object = { sub: 'a' }): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`;
}

function ps256(saltLength: number): string {
  const input = `${part({ alg: 'PS256' })}.${part({})}`;
  const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function es256(privateKey = ec.privateKey, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): string {
  const input = `${part({ alg: 'ES256' })}.${part({})}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding }).toString('base64url')}`;
}

function verdict(token: string, algorithm: JwsAlgorithm = 'RS256', key = rsa.publicKey): boolean | null {
  const jws = parseCompactJws(token);
  return jws === null ? null : isSignedBy(jws, algorithm, key);
}

describe('compact JWS', () => {
  it('accepts the proper signature of each algorithm', () => {
    expect(verdict(rs256({ alg: 'RS256' }))).toBe(true);
    expect(verdict(ps256(32), 'PS256')).toBe(true);
    expect(verdict(es256(), 'ES256', ec.publicKey)).toBe(true);
  });

  it('refuses alg none, and HS256 keyed with the public key', () => {
    expect(verdict(`${part({ alg: 'none' })}.${part({})}.`)).toBeNull();
    expect(verdict(`${part({ alg: 'none' })}.${part({})}.AA`)).toBe(false);
    const pem = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' });
    const input = `${part({ alg: 'HS256' })}.${part({})}`;
    expect(verdict(`${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`)).toBe(false);
  });

  it('lets the caller, not the token, choose the algorithm', () => {
    expect(verdict(rs256({ alg: 'RS256' }), 'ES256', ec.publicKey)).toBe(false);
    expect(verdict(rs256({ alg: 'ES256' }), 'ES256', rsa.publicKey)).toBe(false);
  });

  it.each([
    ['crit with b64', { crit: ['b64'], b64: false }],
    ['crit alone', { crit: [] }],
    ['b64 alone, which another reader would obey', { b64: false }],
    ['b64 of its default value', { b64: true }],
  ])('refuses extensions that must be understood: %s', (_case, extension) => {
    expect(verdict(rs256({ alg: 'RS256', ...extension }))).toBe(false);
  });

  it('never asks the key that a token brings along or points to', () => {
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = own.publicKey.export({ format: 'jwk' });
    const header = { alg: 'RS256', jwk, jku: 'https://attacker.example/jwks', x5u: 'https://attacker.example/x5u' };
    const input = `${part(header)}.${part({})}`;
    const token = `${input}.${sign('sha256', Buffer.from(input), own.privateKey).toString('base64url')}`;
    expect(verdict(token)).toBe(false);
    expect(verdict(token, 'RS256', own.publicKey)).toBe(true);
  });

  it('refuses a key that does not fit: too short, on another curve, restricted to PSS, secret or private', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const input = `${part({ alg: 'RS256' })}.${part({})}`;
    const byShort = `${input}.${sign('sha256', Buffer.from(input), short.privateKey).toString('base64url')}`;
    expect(verdict(byShort, 'RS256', short.publicKey)).toBe(false);
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    for (const other of [p384, secp256k1]) {
      expect(verdict(es256(other.privateKey), 'ES256', other.publicKey)).toBe(false);
    }
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    expect(verdict(ps256(32), 'PS256', pss.publicKey)).toBe(false);
    const hmac = `${part({ alg: 'RS256' })}.${part({})}.AA`;
    expect(verdict(hmac, 'RS256', createSecretKey(Buffer.alloc(32)))).toBe(false);
    expect(verdict(rs256({ alg: 'RS256' }), 'RS256', rsa.privateKey)).toBe(false);
  });

  it('refuses an ES256 signature that is not exactly 64 bytes: DER, shortened, lengthened, or both halves zero', () => {
    expect(verdict(es256(ec.privateKey, 'der'), 'ES256', ec.publicKey)).toBe(false);
    const [head, body, tail = ''] = es256().split('.');
    const bytes = Buffer.from(tail, 'base64url');
    for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, Buffer.of(0)]), Buffer.alloc(64)]) {
      expect(verdict(`${head}.${body}.${wrong.toString('base64url')}`, 'ES256', ec.publicKey)).toBe(false);
    }
  });

  it('refuses a PS256 signature whose salt is not as long as the digest', () => {
    expect(verdict(ps256(20), 'PS256')).toBe(false);
    expect(verdict(ps256(0), 'PS256')).toBe(false);
  });

  it('keeps the two paddings of RSA apart', () => {
    expect(verdict(rs256({ alg: 'PS256' }), 'PS256')).toBe(false);
    expect(verdict(ps256(32), 'RS256')).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['padding', `${part({})}=.${part({})}.AA`],
    ['standard base64', 'e+/=.e30.AA'],
    ['a header that is not JSON', `${Buffer.from('x').toString('base64url')}.${part({})}.AA`],
    ['a payload that is a list', `${part({})}.${part([])}.AA`],
    ['a payload that is null', `${part({})}.${part(null)}.AA`],
    ['text that is not UTF-8', `${part({})}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.AA`],
    ['bits that base64url cannot carry', `${part({})}.${part({})}.AB`],
    ['20,000 characters', `${part({})}.${'A'.repeat(20_000)}.AA`],
  ])('reads %s as no token', (_case, token) => {
    expect(parseCompactJws(token)).toBeNull();
  });

  it('sees a changed payload', () => {
    const [header, , signature] = rs256({ alg: 'RS256' }).split('.');
    expect(verdict(`${header}.${part({ sub: 'b' })}.${signature}`)).toBe(false);
  });
});
