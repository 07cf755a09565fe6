import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOf, hasTest, openParts, type ReadFile, readRows } from './asvs-page.js';

const root = join(__dirname, '..', '..');
const readFile: ReadFile = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null);

/**
 * OWASP ASVS 5.0.0 (tag v5.0.0_release), chapters V6, V7, V9 and V10: the levels of each section's requirements in their order, so
 * that the third digit of '6.1' is the level of 6.1.3.
 */
const STANDARD = {
  '6.1': '122',
  '6.2': '111111112222',
  '6.3': '11223333',
  '6.4': '112233',
  '6.5': '22222333',
  '6.6': '2223',
  '6.7': '33',
  '6.8': '2222',
  '7.1': '222',
  '7.2': '1111',
  '7.3': '22',
  '7.4': '11222',
  '7.5': '223',
  '7.6': '22',
  '9.1': '111',
  '9.2': '1222',
  '10.1': '22',
  '10.2': '223',
  '10.3': '22223',
  '10.4': '1111122222233333',
  '10.5': '22222',
  '10.6': '22',
  '10.7': '222',
};

const demanded = Object.entries(STANDARD).flatMap(([section, levels]) =>
  [...levels].flatMap((level, index) => (level === '3' ? [] : [`${section}.${index + 1} level ${level}`])),
);

describe('docs/security/asvs.md', () => {
  const page = readFile('docs/security/asvs.md') ?? '';
  const rows = readRows(page);

  it('has one row for each of the 28 requirements of level 1 and 61 of level 2, and no other', () => {
    expect(demanded.filter((row) => row.endsWith('1'))).toHaveLength(28);
    expect(demanded.filter((row) => row.endsWith('2'))).toHaveLength(61);
    expect(rows.map(({ id, level }) => `${id} level ${level}`)).toEqual(demanded);
  });

  it('says in each row how it is met: by tests that exist, by a reason in words, with links that lead somewhere', () => {
    expect(faultsOf(rows, page, readFile)).toEqual([]);
  });

  it('leaves nothing to be done', () => {
    expect(openParts(rows)).toEqual([]);
  });

  const files: Record<string, string> = {
    'test/a.spec.ts': "describe('a', () => it('holds', () => {}));",
    'docs/b.md': '# B',
  };
  const faultsIn = (cell: string) =>
    faultsOf(readRows(`| 6.1.1 | 1 | x | ${cell} |`), '## A heading, so', (path) => files[path] ?? null);
  const EXISTING = '`test/a.spec.ts`: `holds`';

  it.each([
    ['a test', EXISTING],
    ['a reason with a link to a page', 'Reason: that is so because of [b](../b.md).'],
    [
      'a reason with a link to a heading',
      'Reason: as is told in [this](#a-heading-so).<br>Reason: as told in [b](../b.md#b).',
    ],
  ])('may say %s', (_what, cell) => {
    expect(faultsIn(cell)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['a test and nothing more', `${EXISTING}<br>`],
    ['words that are no reason', 'This is met in every respect.'],
    ['an empty reason', 'Reason: none'],
    ['a test of another title', '`test/a.spec.ts`: `hold`'],
    ['a test in a file that is not there', '`test/absent.spec.ts`: `holds`'],
    ['a group of tests', '`test/a.spec.ts`: `a`'],
    ['a link to no file', 'Reason: that is so because of [x](absent.md).'],
    ['a link to no heading', 'Reason: that is so because of [x](#another-heading).'],
  ])('may not say %s', (_what, cell) => {
    expect(faultsIn(cell)).toHaveLength(1);
  });

  it('may not name a test that is skipped or commented out', () => {
    expect(hasTest("it('holds', () => {});", 'holds')).toBe(true);
    expect(hasTest("it.each([1])(\n  'holds',\n  () => {},\n);", 'holds')).toBe(true);
    for (const source of [
      "// it('holds', () => {});",
      "it.skip('holds', () => {});",
      "xit('holds', () => {});",
      null,
    ]) {
      expect(hasTest(source, 'holds')).toBe(false);
    }
  });

  it('may not call done what is not', () => {
    expect(openParts(readRows(`| 6.1.1 | 1 | x | ${EXISTING}<br>TODO: the rest |`))).toEqual(['6.1.1 TODO: the rest']);
  });
});
