import { SCOPE_PATTERN } from './scope.js';

describe('a scope', () => {
  it.each(['/', '/tenants', '/tenants/0198f000-0000-7000-8000-000000000000/apps/a.b', '/...', '/.a'])(
    'may be %s',
    (scope) => {
      expect(SCOPE_PATTERN.test(scope)).toBe(true);
    },
  );

  it.each([
    '',
    'tenants',
    '//',
    '/a/',
    '/a//b',
    '/..',
    '/a/../b',
    '/.',
    '/a/.',
    '/a b',
    '/a%2fb',
    '/ä',
    '/a\n',
    `/${'a'.repeat(65)}`,
    '/a'.repeat(11),
  ])('may not be %j', (scope) => {
    expect(SCOPE_PATTERN.test(scope)).toBe(false);
  });
});
