import { decodePermissionCursor, encodePermissionCursor } from './catalogue/registered-permission.js';
import { decodeEntryCursor, encodeEntryCursor, MAX_ENTRY_CURSOR_LENGTH } from './decisions/effective-access.cursor.js';
import { isCheck } from './decisions/read-check.js';
import { MAX_PERMISSION_LENGTH, PERMISSION_PATTERN } from './permission-name.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from './scope.js';

const NAMESPACE = 'n'.repeat(31);
const LONGEST = `${NAMESPACE}/${'r'.repeat(63)}:${'a'.repeat(63)}`;
const DEEPEST = `/${'s'.repeat(64)}`.repeat(10);

describe('the longest name of a permission and the longest scope', () => {
  it('are what their patterns match at most', () => {
    expect([LONGEST.length, PERMISSION_PATTERN.test(LONGEST)]).toEqual([MAX_PERMISSION_LENGTH, true]);
    expect([DEEPEST.length, SCOPE_PATTERN.test(DEEPEST)]).toEqual([MAX_SCOPE_LENGTH, true]);
    for (const longer of [`n${LONGEST}`, LONGEST.replace('/', '/r'), `${LONGEST}a`]) {
      expect(PERMISSION_PATTERN.test(longer)).toBe(false);
    }
  });

  it('can be asked for', () => {
    const subject = '0194e2f0-0000-7000-8000-000000000000';
    expect(isCheck({ subject, permission: LONGEST, scope: DEEPEST })).toBe(true);
    expect(isCheck({ subject, permission: `${LONGEST}a` })).toBe(false);
  });

  it('can be where a page ends', () => {
    const cursor = encodeEntryCursor([LONGEST, DEEPEST]);
    expect(cursor.length).toBeLessThanOrEqual(MAX_ENTRY_CURSOR_LENGTH);
    expect(decodeEntryCursor(cursor)).toEqual([LONGEST, DEEPEST]);
    expect(decodePermissionCursor(encodePermissionCursor(LONGEST))).toBe(LONGEST);
    for (const forged of ['drift:read', 'drift:read nowhere', `${LONGEST}a /`, 'not a name /']) {
      expect(() => decodeEntryCursor(Buffer.from(forged).toString('base64url'))).toThrow();
    }
  });
});
