import { singleLine } from './single-line.js';

describe('singleLine', () => {
  it.each([
    ['a line break', 'a\r\nb', 'a\uFFFD\uFFFDb'],
    ['a terminal escape', '\u001b[31mred', '\uFFFD[31mred'],
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['a C1 control', 'a\u0085b', 'a\uFFFDb'],
    ['a line separator', 'a\u2028b', 'a\uFFFDb'],
    ['a right-to-left override', 'a\u202Egpj.exe', 'a\uFFFDgpj.exe'],
    ['half of a surrogate pair', 'a\ud800b', 'a\uFFFDb'],
    ['harmless letters', 'Žofie 李 😀', 'Žofie 李 😀'],
  ])('makes one printable line of %s', (_what, text, line) => {
    expect(singleLine(text, 100)).toBe(line);
  });

  it('cuts what is too long, and never through a character', () => {
    const line = singleLine('😀'.repeat(10), 6);
    expect(line.length).toBeLessThanOrEqual(6);
    expect(line.isWellFormed()).toBe(true);
    expect(line.endsWith('…')).toBe(true);
  });
});
