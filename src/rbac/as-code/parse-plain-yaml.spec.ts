import { DomainError } from '../../kernel/errors/domain-error.js';
import { parsePlainYaml } from './parse-plain-yaml.js';
import { readDocument } from './read-document.js';

const MIB = 1_048_576;
/** As much of it as a document may have. */
const full = (piece: string) => piece.repeat(Math.floor(MIB / Buffer.byteLength(piece)));

/** @returns detail of the refusal; null: it was taken */
function refusalOf(text: string): string | null {
  try {
    readDocument(text);
    return null;
  } catch (error) {
    // Anything else, such as a RangeError of the stack, would be a 500.
    if (!(error instanceof DomainError)) throw error;
    expect(error.code).toBe('rbac.document_invalid');
    expect(error.errors?.length ?? 0).toBeGreaterThan(0);
    expect(error.detail).toMatch(/^line \d+: /);
    return error.detail ?? '';
  }
}

const aliasBomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  .concat(Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]`))
  .join('\n');

const steps = (indicator: string, count: number) =>
  Array.from({ length: count }, (_, depth) => `${' '.repeat(depth)}${indicator}`).join('\n');

describe('a document that means harm is refused in words', () => {
  test.each<[string, string]>([
    ['20,000 nested lists in a line', '- '.repeat(20_000)],
    ['20,000 nested keys in a line', '? '.repeat(20_000)],
    ['20,000 nested values in a line', ': '.repeat(20_000)],
    ['lists and keys by turns', '- ? '.repeat(20_000)],
    ['1 MiB of nested lists', full('- ')],
    ['nested lists, one a line', steps('-', 1400)],
    ['nested mappings, one a line', steps('a:', 1400)],
    ['nested keys, one a line', steps('?', 1400)],
    ['open brackets', '['.repeat(20_000)],
    ['1 MiB of open brackets', full('[')],
    ['open braces', '{'.repeat(20_000)],
    ['braces with keys', '{a: '.repeat(20_000)],
    ['brackets over lines', '[\n'.repeat(20_000)],
    ['brackets that close first', `${']'.repeat(20_000)}${'['.repeat(20_000)}`],
    ['braces that close first', `${'}'.repeat(20_000)}\n${'{'.repeat(20_000)}`],
    ['closed ones and then lists', `${']'.repeat(20)}\n${'- '.repeat(20_000)}`],
    ['brackets that are closed', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['brackets in a value', `version: ${'['.repeat(20_000)}`],
    ['lists in an explicit key', `? ${'- '.repeat(20_000)}`],
    ['lists with tabs', '-\t'.repeat(20_000)],
    ['a bomb of aliases', aliasBomb],
    ['an alias of itself', 'version: &a [*a]'],
    ['an alias of nothing', 'version: *nothing'],
    ['an anchor alone', 'version: &a 1'],
    ['a merge key', 'version: 1\n<<: {roles: []}'],
    ['20,000 anchors', Array.from({ length: 20_000 }, (_, n) => `&a${n} a${n}: 1`).join('\n')],
    ['20,000 aliases', `a: &a 1\nb:\n${'- *a\n'.repeat(20_000)}`],
    ['a tag', 'version: !!int 1'],
    ['a tag of its own', 'version: !js/function 1'],
    ['a verbatim tag', 'version: !<tag:yaml.org,2002:int> 1'],
    ['a binary', 'version: !!binary AAAA'],
    ['a directive', '%TAG ! tag:x,2000:\n---\nversion: 1'],
    ['20,000 directives', `${'%YAML 1.2\n'.repeat(20_000)}---\nversion: 1`],
    ['two documents', 'version: 1\n---\nversion: 1'],
    ['100,000 documents', '---\n'.repeat(100_000)],
    ['1 MiB of one word', full('x')],
    ['1 MiB in quotes', `"${'x'.repeat(MIB - 2)}"`],
    ['1 MiB of a quote that is not closed', `"${'x'.repeat(MIB - 1)}`],
    ['1 MiB of escapes', `"${'\\n'.repeat(MIB / 2 - 1)}"`],
    ['1 MiB of lines in quotes', `"${'x\n'.repeat(MIB / 2 - 1)}"`],
    ['1 MiB of lines of a word', full('x\n')],
    ['1 MiB of a block', `version: |\n${' x\n'.repeat(300_000)}`],
    ['1 MiB of a folded block', `version: >\n${' x\n'.repeat(300_000)}`],
    ['a description that is huge', `version: 1\nroles:\n- name: a\n  description: ${'x'.repeat(1_000_000)}`],
    ['1 MiB of spaces', full(' ')],
    ['1 MiB of tabs', full('\t')],
    ['1 MiB of empty lines', full('\n')],
    ['1 MiB of carriage returns', full('\r')],
    ['1 MiB of comments', full('#\n')],
    ['1 MiB of commas', `[${','.repeat(MIB - 2)}]`],
    ['1 MiB of items', `[${'a,'.repeat(MIB / 2 - 1)}]`],
    ['1 MiB of empty items', full('-\n')],
    ['1 MiB of empty keys', full('?\n')],
    ['1 MiB of empty values', full(':\n')],
    ['1 MiB of the same key', full('a: 1\n')],
    ['1 MiB of keys in a list', `[${'a: 1,'.repeat(200_000)}]`],
    ['1 MiB of keys', Array.from({ length: 90_000 }, (_, n) => `k${n}: 1`).join('\n')],
    ['1 MiB of keys in braces', `{${Array.from({ length: 90_000 }, (_, n) => `k${n}: 1`).join(',')}}`],
    ['1 MiB of quotes', full('"')],
    ['1 MiB of single quotes', full("'")],
    ['1 MiB of ats', full('@')],
    ['1 MiB of exclamation marks', full('!')],
    ['1 MiB of ampersands', full('& ')],
    ['1 MiB of stars', full('* ')],
    ['1 MiB of closing brackets', full(']')],
    ['1 MiB of block heads', full('|\n')],
    ['1 MiB of percent signs', full('%\n')],
    ['1 MiB of the digits of a number', `version: ${'9'.repeat(1_000_000)}`],
    ['a number in hexadecimal', `version: 0x${'f'.repeat(1_000_000)}`],
    ['a key that is a list', '? [a, b]\n: 1'],
    ['the same key twice', 'version: 1\nversion: 1'],
    ['a member of every object', 'version: 1\n__proto__: {}\nconstructor: {}'],
    ['nothing', ''],
    ['a zero character', 'version: 1\nroles: \u0000'],
    ['half a character', 'version: 1\nroles: [{name: a, description: "\\ud800"}]'],
    ['the lexer’s own characters', '\u0002\u0018\u001f\ufeff'.repeat(20_000)],
  ])('%s', (_title, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MIB);
    expect(refusalOf(text)).toEqual(expect.any(String));
  });

  test('a byte more than 1 MiB is not looked at', () => {
    expect(refusalOf(`version: 1\n#${'x'.repeat(MIB)}`)).toMatch(/longer than 1 MiB/);
    expect(refusalOf(`version: 1\n#${'ä'.repeat(MIB / 2)}`)).toMatch(/longer than 1 MiB/);
  });

  test.each([
    ['the same key', 'version: 1\nroles: []\nroles: []', 3],
    ['nesting', `version: 1\n\nroles: ${'- '.repeat(9)}`, 3],
    ['an alias', 'version: 1\nroles:\n- *x', 3],
    ['a broken one', 'version: 1\nroles: [', 2],
  ])('says the line of %s', (_title, text, line) => {
    expect(refusalOf(text)).toMatch(new RegExp(`^line ${line}: `));
  });
});

describe('what is meant well is taken', () => {
  test.each([
    ['brackets and dashes in a text', 'version: 1\nroles:\n- name: a\n  description: "- - - - - - [[[[[[[[[[[[ ]]]"'],
    ['brackets in a block', 'version: 1\nroles:\n- name: a\n  description: |\n    ]\n    - - - - - - -'],
    ['a bracket at the end', 'version: 1\nroles:\n- name: a\n  description: |-\n    ]'],
    ['JSON', '{"version":1,"roles":[{"name":"a","permissions":["drift:read"],"activation":{"maxSeconds":3600}}]}'],
    ['a comment, a mark of its beginning and Windows lines', '# mine\r\n---\r\nversion: 1\r\nroles: []\r\n'],
  ])('%s', (_title, text) => {
    expect(refusalOf(text)).toBeNull();
  });

  test('the lines of its nodes are known', () => {
    const { root, lineOf } = parsePlainYaml('\n\nversion: 1\n');
    expect(lineOf(root)).toBe(3);
  });
});
