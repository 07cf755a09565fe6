import { delayBeforeNextAttempt, MAX_DELIVERY_ATTEMPTS, pauseAfterFailure } from './retry-schedule.js';

describe('the retry schedule', () => {
  it('tries ten times over three days, as Standard Webhooks recommends', () => {
    const delays = Array.from({ length: MAX_DELIVERY_ATTEMPTS }, (_, n) => delayBeforeNextAttempt(n + 1, null, 0));
    expect(delays).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, null]);
  });

  it('spreads attempts by up to a fifth', () => {
    expect(delayBeforeNextAttempt(2, null, 0.999)).toBeGreaterThan(300);
    expect(delayBeforeNextAttempt(2, null, 0.999)).toBeLessThan(360);
  });

  it('waits for what the receiver asks when it is later, up to a day, and does not outlive the last attempt', () => {
    expect(delayBeforeNextAttempt(1, 120, 0)).toBe(120);
    expect(delayBeforeNextAttempt(3, 120, 0)).toBe(1800);
    expect(delayBeforeNextAttempt(1, 10_000_000, 0)).toBe(86_400);
    expect(delayBeforeNextAttempt(10, 120, 0)).toBeNull();
  });
});

describe('the pause of an endpoint', () => {
  it('grows with failures in a row, up to a minute', () => {
    expect([1, 2, 3, 4, 5, 500].map((failures) => pauseAfterFailure(failures, null))).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('is what the receiver asks for when that is longer, up to an hour', () => {
    expect(pauseAfterFailure(1, 120)).toBe(120);
    expect(pauseAfterFailure(5, 10)).toBe(60);
    expect(pauseAfterFailure(1, 10_000_000)).toBe(3600);
  });
});
