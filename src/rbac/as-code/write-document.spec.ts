import fc from 'fast-check';
import type { AccessDocument } from './access-document.types.js';
import { readDocument } from './read-document.js';
import { sortDocument } from './sort-document.js';
import { documentContent, writeDocument } from './write-document.js';

const roleName = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
// Names that other YAML takes for something else are the ones that go wrong.
const tricky = fc.constantFrom(
  'no',
  'null',
  '~',
  '1e3',
  '0x10',
  'true',
  '- a',
  'a: b',
  '#x',
  '[',
  '{',
  '&a',
  '*a',
  '!t',
  "'",
  '"',
);
const text = (most: number) =>
  fc.oneof(
    tricky,
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: most })
      .filter((value) => !/\p{Cc}/u.test(value) && value.length <= most && value.isWellFormed()),
  );
const description = fc.oneof(
  fc.constantFrom('', 'two\nlines', '\n', ' x ', 'x\n\n', '\t', '- - - - - -', 'a\n  b\n c'),
  text(60),
  fc.array(text(20), { maxLength: 5 }).map((lines) => lines.join('\n')),
);
const permission = fc.stringMatching(/^[a-z]{1,8}:[a-z]{1,8}$/);
const sorted = (item: fc.Arbitrary<string>, minLength: number) =>
  fc.uniqueArray(item, { minLength, maxLength: 6 }).map((items) => items.sort());
const instant = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const document: fc.Arbitrary<AccessDocument> = fc.record({
  roles: fc.uniqueArray(
    fc.record({
      name: roleName,
      description,
      permissions: sorted(permission, 0),
      parents: sorted(roleName, 0),
      activation: fc.record({ maxSeconds: fc.integer({ min: 300, max: 2_592_000 }), needsApproval: fc.boolean() }),
    }),
    { selector: ({ name }) => name, maxLength: 5 },
  ),
  constraints: fc.uniqueArray(
    fc.oneof(
      fc.record({
        name: text(40),
        description,
        kind: fc.constant('roles' as const),
        members: sorted(roleName, 2),
        atMost: fc.constant(1),
      }),
      fc.record({
        name: text(40),
        description,
        kind: fc.constant('permissions' as const),
        members: sorted(permission, 2),
        atMost: fc.constant(1),
      }),
    ),
    { selector: ({ name }) => name, maxLength: 4 },
  ),
  mappings: fc.array(
    fc.record({
      group: text(60),
      groupId: fc.option(fc.uuid()),
      tenant: fc.uuid(),
      role: roleName,
      scope: fc.constantFrom('/', '/tenants/x', '/a/b.c/~d'),
      effect: fc.constantFrom('allow' as const, 'deny' as const),
      validFrom: fc.option(instant),
      validUntil: fc.option(instant),
    }),
    { maxLength: 5 },
  ),
});

describe('a written document', () => {
  test('is read as what was written, and written again the same', () => {
    fc.assert(
      fc.property(document, (given) => {
        const sortedOne = sortDocument(given);
        const written = writeDocument(sortedOne);
        const read = readDocument(written);
        expect(read).toEqual(sortedOne);
        expect(writeDocument(read)).toBe(written);
        expect(readDocument(JSON.stringify(documentContent(sortedOne)))).toEqual(sortedOne);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same in whatever order it was', () => {
    fc.assert(
      fc.property(document, (given) => {
        const turned = {
          roles: [...given.roles].reverse(),
          constraints: [...given.constraints].reverse(),
          mappings: given.mappings,
        };
        expect(writeDocument(sortDocument(turned))).toBe(writeDocument(sortDocument(given)));
      }),
    );
  });
});
