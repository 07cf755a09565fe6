import { BURST_MS, intervalMs } from './gcra.js';
import { LocalCells } from './local-cells.js';

const NOW = 1_700_000_000_000;
const INTERVAL = intervalMs(60);

describe('what one process knows of each source', () => {
  it('is bounded: the source heard of longest ago is forgotten first', () => {
    const cells = new LocalCells(100);
    for (let n = 0; n < 60; n++) cells.take('kept', NOW, INTERVAL);
    for (let n = 0; n < 10_000; n++) {
      cells.take(`source ${n}`, NOW, INTERVAL);
      if (n % 50 === 0) cells.use('kept', NOW, INTERVAL);
    }
    expect(cells.size).toBe(100);
    expect(cells.waitMs('kept', NOW, INTERVAL)).toBeGreaterThan(0);
    expect(cells.drain(NOW)).toHaveLength(100);
  });

  it('settles each use once, and what was used while the database was asked comes on top', () => {
    const cells = new LocalCells(10);
    for (let n = 0; n < 5; n++) cells.take('a', NOW, INTERVAL);
    expect(cells.drain(NOW)).toEqual([{ key: 'a', costMs: 5 * INTERVAL }]);
    cells.take('a', NOW, INTERVAL);
    // Another instance had used up all of it.
    cells.settled('a', NOW + BURST_MS);
    expect(cells.waitMs('a', NOW, INTERVAL)).toBe(2 * INTERVAL);
    expect(cells.drain(NOW)).toEqual([{ key: 'a', costMs: INTERVAL }]);
    expect(cells.drain(NOW)).toEqual([]);
  });

  it('forgets nothing that the database could not be told, and never asks to make up for what was refilled meanwhile', () => {
    const cells = new LocalCells(10);
    for (let n = 0; n < 5; n++) cells.take('a', NOW, INTERVAL);
    cells.putBack(cells.drain(NOW));
    expect(cells.drain(NOW + 2 * INTERVAL)).toEqual([{ key: 'a', costMs: 3 * INTERVAL }]);
    cells.putBack([{ key: 'a', costMs: 3 * INTERVAL }]);
    expect(cells.drain(NOW + BURST_MS)).toEqual([]);
  });

  it('lets nobody wait for much longer than an interval, however many refusals were noted at once', () => {
    const cells = new LocalCells(10);
    for (let n = 0; n < 5000; n++) cells.use('a', NOW, INTERVAL);
    expect(cells.waitMs('a', NOW, INTERVAL)).toBe(2 * INTERVAL);
    expect(cells.drain(NOW)).toEqual([{ key: 'a', costMs: BURST_MS + INTERVAL }]);
  });

  it('looks without using', () => {
    const cells = new LocalCells(10);
    expect(cells.waitMs('a', NOW, INTERVAL)).toBe(0);
    expect(cells.drain(NOW)).toEqual([]);
  });
});
