import { driftOverTime } from './drift-over-time.js';

const window = { from: new Date('2026-11-28T00:00:00Z'), until: new Date('2026-12-01T00:00:00Z') };

test('every day is there, and what lives is what lived before with what came and without what went', () => {
  const days = driftOverTime(
    window,
    [{ severity: 'high', count: 2 }],
    [{ day: '2026-11-28', severity: 'high', count: 3 }],
    [
      { day: '2026-11-28', severity: 'high', count: 1 },
      { day: '2026-11-30', severity: 'high', count: 4 },
    ],
  );
  expect(days.map(({ day, opened, closed, live }) => [day, opened.high, closed.high, live.high])).toEqual([
    ['2026-11-28', 3, 1, 4],
    ['2026-11-29', 0, 0, 4],
    ['2026-11-30', 0, 4, 0],
  ]);
  expect(days.every(({ live }) => live.critical === 0)).toBe(true);
});
