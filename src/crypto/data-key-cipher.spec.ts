import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { DataKeyCipher, keyVersionOf } from './data-key-cipher.js';
import { SealBroken, sealWithKey } from './envelope.js';

const key = randomBytes(32);
const place = { table: 'webhook_endpoints', column: 'sealed_secret', row: '1', tenant: 't' };
const plaintext = Buffer.from('a secret');

describe('sealing under a data key', () => {
  const cipher = new DataKeyCipher(7, key);

  it('opens at its place, also with another cipher of the same key', () => {
    const sealed = cipher.seal(plaintext, place);
    expect(keyVersionOf(sealed)).toBe(7);
    expect(cipher.open(sealed, place)).toEqual(plaintext);
    expect(new DataKeyCipher(7, key).open(sealed, place)).toEqual(plaintext);
    expect(cipher.open(cipher.seal(Buffer.alloc(0), place), place)).toEqual(Buffer.alloc(0));
  });

  it('takes values that lie anywhere in a larger buffer', () => {
    const sealed = cipher.seal(plaintext, place);
    const around = Buffer.concat([randomBytes(11), sealed, randomBytes(5)]);
    expect(cipher.open(new Uint8Array(around.buffer, around.byteOffset + 11, sealed.length), place)).toEqual(plaintext);
  });

  it.each([
    ['another row', { ...place, row: '2' }],
    ['another column', { ...place, column: 'sealed_secre' }],
    ['another table', { ...place, table: 'webhook_endpoint' }],
    ['another tenant', { ...place, tenant: 'u' }],
    ['no tenant', { ...place, tenant: null }],
    ['parts that join to the same text', { ...place, row: '1t', tenant: '' }],
    ['a longer table', { ...place, table: 'webhook_endpointss', column: 'ealed_secret' }],
  ])('does not open at %s', (_case, other) => {
    const sealed = cipher.seal(plaintext, place);
    expect(() => cipher.open(sealed, other)).toThrow(SealBroken);
    // What was authenticated before must not be left over for this one.
    expect(cipher.open(sealed, place)).toEqual(plaintext);
  });

  it('does not open when any single byte was changed, or when it was cut short', () => {
    const sealed = cipher.seal(plaintext, place);
    for (let position = 0; position < sealed.length; position++) {
      const changed = Buffer.from(sealed);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(() => cipher.open(changed, place)).toThrow(SealBroken);
    }
    for (const length of [0, 1, 5, 32, 48, sealed.length - 1]) {
      expect(() => cipher.open(sealed.subarray(0, length), place)).toThrow(SealBroken);
    }
    expect(() => new DataKeyCipher(7, randomBytes(32)).open(sealed, place)).toThrow(SealBroken);
    expect(() => new DataKeyCipher(8, randomBytes(32)).open(sealed, place)).toThrow(SealBroken);
  });

  it('opens what was sealed in the format before, which knew no tenant', () => {
    expect(cipher.open(sealWithKey(key, 7, plaintext, place), place)).toEqual(plaintext);
    expect(keyVersionOf(sealWithKey(key, 7, plaintext, place))).toBe(7);
  });

  it('has a salt of its own in each cipher and counts nonces from 0: no two values have the same salt and nonce', () => {
    const ciphers = [new DataKeyCipher(1, key), new DataKeyCipher(1, key), new DataKeyCipher(1, key)];
    const sealed = ciphers.flatMap((one) => Array.from({ length: 1000 }, () => one.seal(plaintext, place)));
    const salts = new Set(sealed.map((value) => value.toString('hex', 5, 21)));
    const used = new Set(sealed.map((value) => value.toString('hex', 5, 33)));
    expect([salts.size, used.size]).toEqual([3, 3000]);
    expect(sealed[0]?.toString('hex', 21, 33)).toBe('00'.repeat(12));
    expect(sealed[999]?.readUInt32BE(29)).toBe(999);
  });

  it('is what its description says: HKDF-SHA-256 of the key with the salt, AES-256-GCM, header and place authenticated', () => {
    const sealed = cipher.seal(plaintext, place);
    const derived = new Uint8Array(hkdfSync('sha256', key, sealed.subarray(5, 21), 'blindspotx envelope 2', 32));
    const parts = [place.table, place.column, place.row, place.tenant].map((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(part));
      return Buffer.concat([length, Buffer.from(part)]);
    });
    const decipher = createDecipheriv('aes-256-gcm', derived, sealed.subarray(21, 33));
    decipher.setAAD(Buffer.concat([sealed.subarray(0, 5), ...parts]));
    decipher.setAuthTag(sealed.subarray(33, 49));
    expect(Buffer.concat([decipher.update(sealed.subarray(49)), decipher.final()])).toEqual(plaintext);
  });

  it('opens values of more processes than it remembers', () => {
    const values = Array.from({ length: 4200 }, () => new DataKeyCipher(7, key).seal(plaintext, place));
    const reader = new DataKeyCipher(7, key);
    for (let round = 0; round < 2; round++)
      for (const value of values) expect(reader.open(value, place)).toEqual(plaintext);
  }, 60_000);
});
