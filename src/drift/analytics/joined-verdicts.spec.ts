import type { VerdictInterval } from './analytics.repository.js';
import { joinedVerdicts } from './joined-verdicts.js';

const day = (n: number) => new Date(Date.UTC(2026, 10, n));
const interval = (controlId: string, verdict: 'met' | 'not-met', since: number, until: number | null) =>
  ({ controlId, verdict, since: day(since), until: until === null ? null : day(until) }) satisfies VerdictInterval;

test('what says the same of one control is one interval, from its first day to its last', () => {
  expect(
    joinedVerdicts([
      interval('A', 'met', 5, null),
      interval('A', 'met', 3, 5),
      interval('A', 'not-met', 2, 3),
      interval('A', 'met', 1, 2),
      interval('B', 'met', 1, 9),
    ]),
  ).toEqual([
    interval('A', 'met', 3, null),
    interval('A', 'not-met', 2, 3),
    interval('A', 'met', 1, 2),
    interval('B', 'met', 1, 9),
  ]);
});
