import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ecPublicJwk, jwkThumbprint } from './jwk-thumbprint.js';

describe('the thumbprint of a key', () => {
  it('of an RSA key is that of the example of RFC 7638 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t' +
      'Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO' +
      'pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(jwkThumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('of an EC key is that of the example of RFC 9449 6.1, in whatever order its members come', () => {
    const x = 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs';
    const y = '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA';
    const expected = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
    expect(jwkThumbprint({ kty: 'EC', crv: 'P-256', x, y })).toBe(expected);
    expect(jwkThumbprint({ y, x, crv: 'P-256', kty: 'EC' })).toBe(expected);
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
    expect(jwkThumbprint(ecPublicJwk(key))).toBe(expected);
  });

  it('is not made of a key of another kind', () => {
    expect(() => ecPublicJwk(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)).toThrow('elliptic');
  });
});
