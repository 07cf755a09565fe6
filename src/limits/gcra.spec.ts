import fc from 'fast-check';
import { BURST_MS, freeAtAfter, intervalMs, waitMs } from './gcra.js';

const NOW = 1_700_000_000_000;

describe('the cell rate', () => {
  it('lets a minute’s number through at once, then one an interval', () => {
    const interval = intervalMs(300);
    let freeAt = 0;
    for (let n = 0; n < 300; n++) {
      expect(waitMs(freeAt, NOW, interval)).toBe(0);
      freeAt = freeAtAfter(freeAt, NOW, interval);
    }
    expect(waitMs(freeAt, NOW, interval)).toBe(interval);
    expect(waitMs(freeAt, NOW + interval, interval)).toBe(0);
  });

  it('never admits more than a burst and what was refilled, and a wait is exactly as long as needed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 300 }),
        (perMinute, pauses) => {
          const interval = intervalMs(perMinute);
          let [now, freeAt, admitted] = [NOW, 0, 0];
          for (const pause of pauses) {
            now += pause;
            const wait = waitMs(freeAt, now, interval);
            if (wait > 0) {
              expect(waitMs(freeAt, now + wait, interval)).toBeLessThan(0.01);
              expect(waitMs(freeAt, now + wait / 2, interval)).toBeGreaterThan(0);
              expect(wait).toBeLessThanOrEqual(interval);
              continue;
            }
            freeAt = freeAtAfter(freeAt, now, interval);
            admitted += 1;
            expect(admitted).toBeLessThanOrEqual((BURST_MS + now - NOW) / interval + 0.01);
          }
        },
      ),
    );
  });
});
