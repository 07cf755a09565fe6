import fc from 'fast-check';
import { safeReturnTo } from './return-to.js';

describe('safeReturnTo', () => {
  it.each(['/', '/drift', '/drift/reports/1?tab=a&b=%2F%2Fx#top', '/a//b', '/%2F%2Fattacker.example'])(
    'keeps %s',
    (path) => {
      expect(safeReturnTo(path)).toBe(path);
    },
  );

  it.each([
    ['an absolute address', 'https://attacker.example/'],
    ['two slashes', '//attacker.example'],
    ['three slashes', '///attacker.example'],
    ['a backslash, which browsers read as a slash', '/\\attacker.example'],
    ['a backslash further on', '/a\\..\\\\attacker.example'],
    ['dots that leave two slashes', '/.//attacker.example'],
    ['dots up that leave two slashes', '/a/..//attacker.example'],
    ['a tab, which browsers strip', '/\t/attacker.example'],
    ['a line feed', '/a\nLocation: x'],
    ['a carriage return', '/a\rx'],
    ['a NUL', '/\0'],
    ['a space in front', ' /'],
    ['a C1 control character', '/\u0085'],
    ['a scheme', 'javascript:alert(1)'],
    ['a relative path', 'drift'],
    ['nothing', ''],
    ['2,000 characters', `/${'a'.repeat(2000)}`],
  ])('refuses %s', (_case, path) => {
    expect(safeReturnTo(path)).toBeNull();
  });

  it('never lets any text lead to another origin', () => {
    const pieces = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      '\n',
      'attacker.example',
      'https:',
      ';',
      '[',
      ']',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const kept = safeReturnTo(parts.join(''));
        return kept === null || new URL(kept, 'https://here.example').origin === 'https://here.example';
      }),
      { numRuns: 5000 },
    );
  });
});
