import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLines } from './read-lines.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function lines(content: string, stopAfter = Number.POSITIVE_INFINITY): [number, number, string][] {
  const file = join(folder, 'x');
  writeFileSync(file, content);
  const found: [number, number, string][] = [];
  readLines(file, ({ number, offset, bytes }) => {
    found.push([number, offset, bytes.toString('utf8')]);
    return found.length < stopAfter;
  });
  return found;
}

describe('lines of a file', () => {
  test.each<[string, string, [number, number, string][]]>([
    [
      'with a last line end',
      'a\nb\n',
      [
        [1, 0, 'a'],
        [2, 2, 'b'],
      ],
    ],
    [
      'without one',
      'a\nb',
      [
        [1, 0, 'a'],
        [2, 2, 'b'],
      ],
    ],
    [
      'of Windows',
      'a\r\nb\r\n',
      [
        [1, 0, 'a'],
        [2, 3, 'b'],
      ],
    ],
    [
      'some of them empty',
      '\na\n\n\nb',
      [
        [2, 1, 'a'],
        [5, 5, 'b'],
      ],
    ],
    [
      'behind a byte order mark',
      '\ufeffa\nb',
      [
        [1, 3, 'a'],
        [2, 5, 'b'],
      ],
    ],
    ['of nothing', '', []],
  ])('%s', (_name, content, expected) => {
    expect(lines(content)).toEqual(expected);
  });

  test('are whole across and beyond the size of a read', () => {
    const long = ['ä'.repeat(700_000), 'b'.repeat(3_000_000), 'c', 'd'.repeat(1_048_575), 'e'];
    expect(lines(long.join('\n')).map(([, , text]) => text)).toEqual(long);
  });

  test('are no longer read once the visitor has had enough', () => {
    expect(lines('a\nb\nc', 2)).toHaveLength(2);
  });
});
