import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { isSignedBy, parseCompactJws } from './compact-jws.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function rs256(header: object, payload: object = { sub: 'a' }): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`;
}

function verdict(token: string, algorithm: 'RS256' | 'ES256' = 'RS256', key = rsa.publicKey): boolean | null {
  const jws = parseCompactJws(token);
  return jws === null ? null : isSignedBy(jws, algorithm, key);
}

describe('compact JWS', () => {
  it('accepts the proper signature of either algorithm', () => {
    expect(verdict(rs256({ alg: 'RS256' }))).toBe(true);
    const input = `${part({ alg: 'ES256' })}.${part({})}`;
    const signature = sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verdict(`${input}.${signature.toString('base64url')}`, 'ES256', ec.publicKey)).toBe(true);
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

  it('refuses extensions that must be understood', () => {
    expect(verdict(rs256({ alg: 'RS256', crit: ['b64'], b64: false }))).toBe(false);
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
