import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { IndexKey } from './keyed-index.js';

const key = randomBytes(32);

describe('an index key', () => {
  it('is what its description says: HMAC-SHA-256 under HKDF-SHA-256 of the key for the purpose', () => {
    const derived = new Uint8Array(hkdfSync('sha256', key, '', 'blindspotx index: mail', 32));
    const digest = createHmac('sha256', derived).update('a text').digest();
    const index = new IndexKey(258, key).indexFor('mail');
    expect(index.of('a text')).toEqual(digest);
    expect(index.entry('a text')).toEqual(Buffer.concat([Buffer.of(0, 0, 1, 2), digest]));
  });

  it('gives equal texts of two purposes, and of two keys, nothing in common', () => {
    const one = new IndexKey(1, key);
    const texts = [one.indexFor('mail'), one.indexFor('name'), new IndexKey(1, randomBytes(32)).indexFor('mail')];
    expect(new Set(texts.map((index) => index.of('a text').toString('hex'))).size).toBe(3);
  });

  it('derives once for each purpose', () => {
    const one = new IndexKey(1, key);
    expect(one.indexFor('mail')).toBe(one.indexFor('mail'));
  });
});
