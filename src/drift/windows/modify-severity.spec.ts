import type { ClassifiedChange } from '../report/drift-report.types.js';
import type { ChangeWindow } from './change-window.types.js';
import { isInWindow } from './is-in-window.js';
import { type Circumstances, modifySeverity } from './modify-severity.js';

const SET = new Date('2026-01-01T00:00:00Z');
const window = (part: Partial<ChangeWindow>): ChangeWindow => ({
  id: 'w',
  tenantId: 't',
  name: 'Patch night',
  zone: 'UTC',
  days: [],
  startMinute: null,
  durationMinutes: null,
  startsAt: null,
  endsAt: null,
  exclusive: false,
  reason: 'why not',
  setById: 'u',
  setByName: 'Ada',
  setAt: SET,
  removedAt: null,
  ...part,
});
const weekly = (days: number[], start: string, durationMinutes: number, part: Partial<ChangeWindow> = {}) => {
  const [hours = 0, minutes = 0] = start.split(':').map(Number);
  return window({ days, startMinute: hours * 60 + minutes, durationMinutes, ...part });
};
const at = (text: string) => new Date(text);

describe('a window', () => {
  test.each([
    // 2026-03-02 is a Monday.
    ['at its beginning', weekly([1], '22:00', 120), '2026-03-02T22:00:00Z', true],
    ['a minute before', weekly([1], '22:00', 120), '2026-03-02T21:59:59Z', false],
    ['at its end', weekly([1], '22:00', 120), '2026-03-03T00:00:00Z', false],
    ['over midnight', weekly([1], '22:00', 180), '2026-03-03T00:30:00Z', true],
    ['from Sunday into Monday', weekly([7], '23:00', 120), '2026-03-02T00:30:00Z', true],
    ['on another day', weekly([1], '22:00', 120), '2026-03-03T22:30:00Z', false],
    ['a whole week', weekly([3], '00:00', 10_080), '2026-03-02T12:00:00Z', true],
    ['by the clocks of its zone', weekly([1], '22:00', 60, { zone: 'America/New_York' }), '2026-03-03T03:30:00Z', true],
    ['and not by ours', weekly([1], '22:00', 60, { zone: 'America/New_York' }), '2026-03-02T22:30:00Z', false],
    // Clocks go forward on 2026-03-29: 22:00 in Amsterdam is 20:00 and no longer 21:00 in UTC.
    ['in summer', weekly([1], '22:00', 60, { zone: 'Europe/Amsterdam' }), '2026-03-30T20:30:00Z', true],
    ['in winter', weekly([1], '22:00', 60, { zone: 'Europe/Amsterdam' }), '2026-03-23T21:30:00Z', true],
    [
      'once',
      window({ startsAt: at('2026-03-02T10:00:00Z'), endsAt: at('2026-03-02T12:00:00Z') }),
      '2026-03-02T11:00:00Z',
      true,
    ],
    [
      'once, later',
      window({ startsAt: at('2026-03-02T10:00:00Z'), endsAt: at('2026-03-02T12:00:00Z') }),
      '2026-03-02T12:00:00Z',
      false,
    ],
    [
      'before it was approved',
      weekly([1], '22:00', 120, { setAt: at('2026-03-02T23:00:00Z') }),
      '2026-03-02T22:30:00Z',
      false,
    ],
    [
      'after it was taken back',
      weekly([1], '22:00', 120, { removedAt: at('2026-03-02T22:15:00Z') }),
      '2026-03-02T22:30:00Z',
      false,
    ],
    [
      'before it was taken back',
      weekly([1], '22:00', 120, { removedAt: at('2026-03-02T22:45:00Z') }),
      '2026-03-02T22:30:00Z',
      true,
    ],
  ])('%s', (_name, one, when, expected) => expect(isInWindow(one, at(when))).toBe(expected));
});

describe('how grave a change is', () => {
  const change = (part: Partial<ClassifiedChange> = {}): ClassifiedChange => ({
    resourceType: 'conditionalAccessPolicy',
    resourceKey: 'p',
    displayName: null,
    changeType: 'modified',
    path: '/state',
    before: 'enabled',
    after: 'disabled',
    direction: 'loosening',
    severity: 'high',
    rules: ['CA-01'],
    references: [],
    title: 'Off',
    matchedBy: 'id',
    ...part,
  });
  const by = (when: string, attribution: Circumstances['attribution'] = 'exact'): Circumstances => ({
    attribution,
    actedAt: at(when),
    nobodyFound: false,
  });
  const NOBODY: Circumstances = { attribution: 'none', actedAt: null, nobodyFound: true };
  const WAITING: Circumstances = { ...NOBODY, nobodyFound: false };
  const night = weekly([1], '22:00', 120);
  const only = { ...night, exclusive: true };
  const INSIDE = '2026-03-02T22:30:00Z';
  const OUTSIDE = '2026-03-02T12:00:00Z';

  test.each<[string, Circumstances, ChangeWindow[], string, string]>([
    ['somebody in a window', by(INSIDE), [night], 'medium', 'Off (in the change window "Patch night")'],
    [
      'somebody likely in a window',
      by(INSIDE, 'probable'),
      [night],
      'medium',
      'Off (in the change window "Patch night")',
    ],
    ['somebody at another time', by(OUTSIDE), [night], 'high', 'Off'],
    [
      'somebody at another time, where windows are kept',
      by(OUTSIDE),
      [only],
      'critical',
      'Off (outside of every change window)',
    ],
    ['somebody without windows', by(OUTSIDE), [], 'high', 'Off'],
    ['nobody yet', WAITING, [night], 'high', 'Off'],
    ['nobody in the end', NOBODY, [night], 'critical', 'Off (nobody was found who did it)'],
  ])('%s', (_name, circumstances, windows, severity, title) => {
    expect(modifySeverity(change(), circumstances, windows)).toMatchObject({ severity, title });
  });

  test('nothing is graver than critical', () => {
    expect(modifySeverity(change({ severity: 'critical' }), NOBODY, []).severity).toBe('critical');
  });

  test.each([
    ['tightening', change({ direction: 'tightening', severity: 'info' })],
    ['neutral', change({ direction: 'neutral', severity: 'low' })],
    ['info', change({ severity: 'info' })],
  ])('what is %s stays as it is', (_name, one) => {
    expect(modifySeverity(one, NOBODY, [])).toBe(one);
    expect(modifySeverity(one, by(INSIDE), [night])).toBe(one);
  });
});
