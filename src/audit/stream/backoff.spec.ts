import { backoffSeconds } from './backoff.js';

describe('the pause after failures', () => {
  it('doubles from a second to five minutes, up to a fifth longer', () => {
    expect([1, 2, 3, 9, 10, 2000].map((failures) => backoffSeconds(failures, null, 0))).toEqual([
      1, 2, 4, 256, 300, 300,
    ]);
    expect(backoffSeconds(1, null, 0.999)).toBeCloseTo(1.2);
  });

  it('is as long as the receiver asks, up to an hour, and never shorter for it', () => {
    expect(backoffSeconds(1, 90, 0)).toBe(90);
    expect(backoffSeconds(1, 1e9, 0)).toBe(3600);
    expect(backoffSeconds(8, 1, 0)).toBe(128);
  });
});
