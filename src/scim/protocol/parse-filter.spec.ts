import fc from 'fast-check';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { matchesFilter } from './evaluate-filter.js';
import { narrowFilter } from './narrow-filter.js';
import { parseFilter } from './parse-filter.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ada: JsonObject = {
  id: 'a1B2',
  userName: 'Ada@Contoso.example',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { value: 'ada@contoso.example', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  meta: { lastModified: '2026-11-30T10:00:00.000Z' },
  [ENTERPRISE]: { department: 'Engines', manager: { value: 'b' } },
};

const matches = (filter: string) => matchesFilter(parseFilter(filter), ada, USER_SCHEMA);

describe('a filter', () => {
  it.each([
    'userName eq "ada@contoso.example"',
    'USERNAME EQ "ada@contoso.example"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ADA"',
    'name.familyName co "love"',
    'name.familyName ew "lace" and active eq true',
    'active eq "True"',
    'title eq null',
    'not (title pr)',
    'title ne "x"',
    'emails pr',
    'emails co "home.example"',
    'emails.type eq "home"',
    'emails[type eq "work"].value eq "ada@contoso.example"',
    'emails[type eq "work" and value co "@contoso"]',
    'emails[not (type eq "work")].value sw "ada@home"',
    'meta.lastModified gt "2026-11-30T09:59:59Z"',
    'meta.lastModified le "2026-11-30T11:00:00+01:00"',
    `${ENTERPRISE}:department eq "engines"`,
    `${ENTERPRISE}:manager.value eq "B"`,
    'active eq false or userName pr and name.givenName eq "ada"',
    '(active eq false or userName pr) and name.givenName eq "ada"',
    'unheardOf ne "x"',
  ])('%s fits', (filter) => {
    expect(matches(filter)).toBe(true);
  });

  it.each([
    'userName eq "ada"',
    'id eq "A1B2"',
    'active eq false',
    'title pr',
    'title eq "x"',
    'emails[type eq "home"].value eq "ada@contoso.example"',
    'emails[type eq "work" and value co "@home"]',
    'not (userName pr)',
    'userName ne "ADA@contoso.example"',
    'meta.lastModified gt "never"',
    '(active eq false or userName pr) and name.givenName eq "eve"',
    'unheardOf pr',
    'constructor pr',
    'name.toString pr',
  ])('%s does not', (filter) => {
    expect(matches(filter)).toBe(false);
  });

  it('binds not before and, and before or', () => {
    expect(parseFilter('a pr or b pr and c pr')).toMatchObject({
      kind: 'or',
      terms: [{ kind: 'present' }, { kind: 'and' }],
    });
  });

  it('may be called not, and, or, eq', () => {
    expect(parseFilter('not eq "x" and eq pr')).toMatchObject({
      kind: 'and',
      terms: [{ path: { attribute: 'not' } }, { path: { attribute: 'eq' }, kind: 'present' }],
    });
  });

  it.each([
    '',
    'userName',
    'userName eq',
    'userName like "a"',
    'userName eq "a',
    'userName eq a',
    'userName eq "a" and',
    'userName eq "a" "b"',
    '(userName eq "a"',
    'userName eq "a")',
    'emails[type eq "a"',
    'emails[].value eq "a"',
    'a.b.c eq "x"',
    'userName eq "\\ud800"',
    "userName eq 'a'",
    'userName eq "a"; DROP TABLE users',
    '__proto__ pr',
  ])('%j is refused', (filter) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ code: 'scim.invalid_filter' }));
  });

  it.each([
    ['longer than 1,000 characters', `userName eq "${'a'.repeat(1000)}"`],
    ['of 100,000 terms', Array(100_000).fill('a pr').join(' or ')],
    ['of 51 terms', Array(51).fill('a pr').join(' or ')],
    ['of 11 levels', `${'('.repeat(11)}a pr${')'.repeat(11)}`],
    ['of 11 negations', `${'not ('.repeat(11)}a pr${')'.repeat(11)}`],
    ['of 11 brackets', `${'a['.repeat(11)}a pr${']'.repeat(11)}`],
    ['of 100,000 brackets', '('.repeat(100_000)],
  ])('%s is refused', (_what, filter) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ code: 'scim.invalid_filter' }));
  });

  it('of 50 terms or 9 levels is not', () => {
    expect(parseFilter(Array(50).fill('a pr').join(' or '))).toMatchObject({ kind: 'or' });
    expect(parseFilter(`${'('.repeat(9)}a pr${')'.repeat(9)}`)).toMatchObject({ kind: 'present' });
  });

  it('is read or refused, and nothing else', () => {
    const part = fc.constantFrom(
      'userName',
      'eq',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      '"x"',
      '.value',
      'pr',
      '1',
      ':',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 20 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (filter) => {
        try {
          expect(typeof matches(filter)).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          expect(error).toHaveProperty('code', 'scim.invalid_filter');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('narrowing a filter', () => {
  const KEYS = ['userName eq', 'active eq', 'meta.lastModified gt'] as const;
  const narrow = (filter: string) => narrowFilter(parseFilter(filter), USER_SCHEMA, KEYS);

  it('leaves to the database what an index answers', () => {
    expect(narrow('username EQ "a" and active eq "False"')).toEqual({
      conditions: [
        { key: 'userName eq', value: 'a' },
        { key: 'active eq', value: 'false' },
      ],
      isExact: true,
    });
  });

  it('keeps the rest for comparison', () => {
    expect(narrow('userName eq "a" and title pr')).toEqual({
      conditions: [{ key: 'userName eq', value: 'a' }],
      isExact: false,
    });
    for (const filter of [
      'userName eq "a" or active eq true',
      'not (userName eq "a")',
      'userName eq null',
      'userName co "a"',
    ]) {
      expect(narrow(filter)).toEqual({ conditions: [], isExact: false });
    }
  });
});
