import { retryAfterSeconds } from './retry-after.js';

describe('Retry-After', () => {
  it.each([
    ['120', 120],
    [' 5 ', 5],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 90],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['', null],
    [undefined, null],
    [['7', '9'], 7],
  ])('is read from %j', (header, seconds) => {
    expect(retryAfterSeconds(header, 10_000)).toBe(seconds);
  });
});
