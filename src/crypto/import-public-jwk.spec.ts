import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { importPublicJwk, JwkRefused } from './import-public-jwk.js';
import { jwkThumbprint } from './jwk-thumbprint.js';

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, string>;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = jwkOf(ec.publicKey);
const RSA = jwkOf(rsa.publicKey);

/** A modulus of so many bits: the form counts here, not whether it has two factors. */
function modulus(bits: number, last = 0x01): string {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0x55);
  bytes[0] = 1 << ((bits - 1) % 8);
  bytes[bytes.length - 1] = last;
  return bytes.toString('base64url');
}

describe('the key of a stranger', () => {
  it('is taken when it is a public key on P-256, and signs ES256 only', () => {
    const { key, jwk, thumbprint, algorithms } = importPublicJwk(EC);
    expect(key.equals(ec.publicKey)).toBe(true);
    expect(jwk).toEqual({ kty: 'EC', crv: 'P-256', x: EC['x'], y: EC['y'] });
    expect(thumbprint).toBe(jwkThumbprint(jwk));
    expect(algorithms).toEqual(['ES256']);
  });

  it('is taken when it is a public RSA key, and signs RS256 and PS256, or the one that it names', () => {
    const { key, jwk, algorithms } = importPublicJwk(RSA);
    expect(key.equals(rsa.publicKey)).toBe(true);
    expect(jwk).toEqual({ kty: 'RSA', n: RSA['n'], e: 'AQAB' });
    expect(algorithms).toEqual(['RS256', 'PS256']);
    expect(importPublicJwk({ ...RSA, alg: 'PS256' }).algorithms).toEqual(['PS256']);
  });

  it('leaves aside what only describes it: kid, certificates, addresses, members nobody knows', () => {
    const described = {
      ...EC,
      kid: 'x',
      use: 'sig',
      key_ops: ['verify'],
      x5u: 'https://attacker.example',
      x5c: ['AA'],
      ext: true,
    };
    expect(importPublicJwk(described).jwk).toEqual(importPublicJwk(EC).jwk);
  });

  it.each([2048, 3072, 4096, 8192])('may have a modulus of %d bits', (bits) => {
    expect(importPublicJwk({ ...RSA, n: modulus(bits) }).algorithms).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [EC]],
    ['text', JSON.stringify(EC)],
    ['an empty object', {}],
    ['members that are inherited', Object.create(EC)],
    ['a private EC key', jwkOf(ec.privateKey)],
    ['a private RSA key', jwkOf(rsa.privateKey)],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((name): [string, unknown] => [
      `an empty ${name}`,
      { ...EC, [name]: '' },
    ]),
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['a symmetric key without its part', { kty: 'oct' }],
    ['an Edwards key', jwkOf(generateKeyPairSync('ed25519').publicKey)],
    ['a kty in small letters', { ...EC, kty: 'ec' }],
    ['a kty that is a list', { ...EC, kty: ['EC'] }],
    ['P-384', jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)],
    ['secp256k1', jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    [
      'P-384 said to be P-256',
      { ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), crv: 'P-256' },
    ],
    ['a point that is not on the curve', { ...EC, y: EC['x'] }],
    ['the point at zero', { ...EC, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['a coordinate that is missing', { kty: 'EC', crv: 'P-256', x: EC['x'] }],
    ['a coordinate that is a number', { ...EC, x: 1 }],
    ['a coordinate with padding', { ...EC, x: `${EC['x']}=` }],
    [
      'a coordinate with a leading zero byte',
      { ...EC, x: Buffer.concat([Buffer.of(0), Buffer.from(EC['x'] ?? '', 'base64url')]).toString('base64url') },
    ],
    ['a coordinate with bits that base64url cannot carry', { ...EC, x: `${'A'.repeat(42)}B` }],
    ['a coordinate of 100 kB', { ...EC, x: 'A'.repeat(100_000) }],
    ['RSA of 1024 bits', jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
    ['RSA of 2047 bits', { ...RSA, n: modulus(2047) }],
    [
      'RSA of 1024 bits and zeros before it',
      { ...RSA, n: Buffer.concat([Buffer.alloc(128), Buffer.alloc(128, 0xff)]).toString('base64url') },
    ],
    ['RSA of 8193 bits', { ...RSA, n: modulus(8193) }],
    ['RSA of 800,000 bits', { ...RSA, n: modulus(800_000) }],
    ['an even modulus', { ...RSA, n: modulus(2048, 0x02) }],
    ['a modulus in standard base64', { ...RSA, n: `${RSA['n']?.slice(0, -1)}+` }],
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['no exponent', { kty: 'RSA', n: RSA['n'] }],
    ['the exponent 1, under which anything is signed', { ...RSA, e: 'AQ' }],
    ['the exponent 3', { ...RSA, e: 'Aw' }],
    ['an even exponent', { ...RSA, e: 'AQAC' }],
    ['an exponent with a leading zero', { ...RSA, e: 'AAEAAQ' }],
    ['an exponent of five bytes', { ...RSA, e: Buffer.of(1, 0, 0, 0, 1).toString('base64url') }],
    ['an empty exponent', { ...RSA, e: '' }],
    ['a key for encryption', { ...RSA, use: 'enc' }],
    ['a key for other operations', { ...EC, key_ops: ['deriveKey'] }],
    ['operations that are no list', { ...EC, key_ops: 'verify' }],
    ['an EC key for RS256', { ...EC, alg: 'RS256' }],
    ['an RSA key for ES256', { ...RSA, alg: 'ES256' }],
    ['a public key for HS256', { ...RSA, alg: 'HS256' }],
    ['a key for none', { ...EC, alg: 'none' }],
    ['an alg that is null', { ...EC, alg: null }],
  ])('is refused: %s', (_case, value) => {
    expect(() => importPublicJwk(value)).toThrow(JwkRefused);
  });
});
