import { equalSecrets, isRandomToken, randomToken, sha256 } from './digest.js';

describe('secrets', () => {
  it('makes random tokens of 32 bytes, none of them twice', () => {
    const tokens = Array.from({ length: 10_000 }, randomToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(new Set(tokens.map((token) => Buffer.from(token, 'base64url').length))).toEqual(new Set([32]));
    // Every bit takes part: of 10,000 tokens each of the 256 is set in about half (50 standard deviations of 0.5 % are 25 %).
    const set = new Array<number>(256).fill(0);
    for (const token of tokens) {
      Buffer.from(token, 'base64url').forEach((byte, place) => {
        for (let bit = 0; bit < 8; bit++) set[place * 8 + bit] = (set[place * 8 + bit] ?? 0) + ((byte >> bit) & 1);
      });
    }
    for (const count of set) expect(Math.abs(count / tokens.length - 0.5)).toBeLessThan(0.25);
  });

  it('tells its own form from every other text', () => {
    const token = randomToken();
    expect(isRandomToken(token)).toBe(true);
    for (const other of ['', token.slice(1), `${token}A`, ` ${token.slice(1)}`, `${token.slice(1)}\n`, `${token}\n`]) {
      expect(isRandomToken(other)).toBe(false);
    }
  });

  it('compares secrets of any lengths without saying where they differ', () => {
    expect(equalSecrets('secret', Buffer.from('secret'))).toBe(true);
    for (const other of ['', 'secre', 'secrets', 'Secret', 'secret\0'])
      expect(equalSecrets('secret', other)).toBe(false);
  });

  it('hashes as FIPS 180-4 does', () => {
    expect(sha256('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
