import type { AccessDelta } from './access-change.js';
import { describeMissing, missingAuthority } from './missing-authority.js';

const HOUR = 3_600_000;
const END = Date.UTC(2030, 0, 1, 18);
/** Somebody who manages access and reads for ever, and writes until 18:00. */
const HELD: Record<string, number> = {
  'access:manage': Number.POSITIVE_INFINITY,
  'drift:read': Number.POSITIVE_INFINITY,
  'drift:scan': END,
};
const held = (permission: string, scope: string) => (scope === '/a' ? (HELD[permission] ?? null) : null);
const delta = (more: Partial<AccessDelta> = {}): AccessDelta => ({
  permissions: ['drift:read'],
  scope: '/a',
  gives: true,
  until: null,
  ...more,
});
const missing = (deltas: AccessDelta[], needs?: 'users:manage' | null) =>
  missingAuthority({ what: 'role', deltas, ...(needs === undefined ? {} : { needs }) }, held).map(
    ({ permission }) => permission,
  );

describe('what somebody lacks for a change', () => {
  it('is nothing of what they hold throughout and for ever', () => {
    expect(missing([delta()])).toEqual([]);
  });

  it('is what they hold somewhere else', () => {
    expect(missing([delta({ scope: '/' })])).toEqual(['access:manage', 'drift:read']);
  });

  it('is the time beyond their own, when they give', () => {
    const permissions = ['drift:scan'];
    expect(missing([delta({ permissions })])).toEqual(['drift:scan']);
    expect(missing([delta({ permissions, until: new Date(END + 1) })])).toEqual(['drift:scan']);
    expect(missing([delta({ permissions, until: new Date(END) })])).toEqual([]);
    expect(missing([delta({ permissions, gives: false })])).toEqual([]);
  });

  it('is what one of many deltas asks for', () => {
    expect(missing([delta(), delta({ permissions: ['users:read', 'drift:read'] })])).toEqual(['users:read']);
  });

  it('is what the path needs, also for nothing at all', () => {
    expect(missing([delta({ permissions: [] })])).toEqual([]);
    expect(missing([delta({ permissions: [], scope: '/b' })])).toEqual(['access:manage']);
    expect(missing([delta()], 'users:manage')).toEqual(['users:manage']);
    expect(missing([delta({ permissions: [], scope: '/b' })], null)).toEqual([]);
  });

  it('is said with where and until when, and not endlessly', () => {
    const lacking = missingAuthority(
      { what: 'role', deltas: [delta({ permissions: ['drift:scan', 'users:read'], until: new Date(END + HOUR) })] },
      held,
    );
    expect(describeMissing('role', lacking)).toBe(
      'The role takes what you do not hold: drift:scan on /a beyond 2030-01-01T18:00:00.000Z, users:read on /a.',
    );
    const many = Array.from({ length: 500 }, (_, index) => ({ permission: `p:${index}`, scope: '/', heldUntil: null }));
    expect(describeMissing('role', many)).toMatch(/p:0, .*p:9 and 490 more\.$/);
  });
});
