import { randomToken, sha256 } from '../../crypto/digest.js';
import { openSuccessor, sealSuccessor } from './seal-successor.js';

describe('the sealed successor', () => {
  const [token, successor] = [randomToken(), randomToken()];
  const sealed = sealSuccessor(token, successor, sha256(token));

  it('opens for the holder of the used token and for nobody else', () => {
    expect(openSuccessor(token, sealed, sha256(token))).toBe(successor);
    expect(openSuccessor(randomToken(), sealed, sha256(token))).toBeNull();
  });

  it('opens in no other row, and not when a bit was changed', () => {
    expect(openSuccessor(token, sealed, sha256(randomToken()))).toBeNull();
    for (const place of [0, 5, 17, 33, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect([place, openSuccessor(token, changed, sha256(token))]).toEqual([place, null]);
    }
  });

  it('shows nothing of the successor, and never looks the same twice', () => {
    expect(sealed.includes(successor)).toBe(false);
    expect(sealSuccessor(token, successor, sha256(token)).equals(sealed)).toBe(false);
  });
});
