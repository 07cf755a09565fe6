import { randomBytes } from 'node:crypto';
import { openWithKey, SealBroken, sealWithKey } from './envelope.js';

const key = randomBytes(32);
const place = { table: 'webhook_endpoints', column: 'secret', row: '1' };
const plaintext = Buffer.from('a secret');

describe('envelope encryption', () => {
  it('opens at the place and under the key it was sealed for', () => {
    const sealed = sealWithKey(key, 7, plaintext, place);
    expect(openWithKey(key, sealed, place)).toEqual(plaintext);
  });

  it.each([
    ['another row', { ...place, row: '2' }],
    ['another column', { ...place, column: 'secre' }],
    ['parts that join to the same text', { table: 'webhook_endpointss', column: 'ecret', row: '1' }],
  ])('does not open at %s', (_case, other) => {
    expect(() => openWithKey(key, sealWithKey(key, 1, plaintext, place), other)).toThrow(SealBroken);
  });

  it('does not open when any single byte was changed', () => {
    const sealed = sealWithKey(key, 1, plaintext, place);
    for (let position = 0; position < sealed.length; position++) {
      const changed = Buffer.from(sealed);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(() => openWithKey(key, changed, place)).toThrow(SealBroken);
    }
  });

  it('does not open under another key, nor when it was cut short', () => {
    const sealed = sealWithKey(key, 1, plaintext, place);
    expect(() => openWithKey(randomBytes(32), sealed, place)).toThrow(SealBroken);
    for (const length of [0, 1, 32, sealed.length - 1]) {
      expect(() => openWithKey(key, sealed.subarray(0, length), place)).toThrow(SealBroken);
    }
  });

  it('never makes the same bytes twice', () => {
    expect(sealWithKey(key, 1, plaintext, place)).not.toEqual(sealWithKey(key, 1, plaintext, place));
  });
});
