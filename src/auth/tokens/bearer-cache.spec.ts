import { BearerCache } from './bearer-cache.js';

describe('BearerCache', () => {
  it('holds at most two generations, however many tokens come', () => {
    const cache = new BearerCache<number>(10);
    for (let i = 0; i < 1000; i++) cache.set(`token-${i}`, i);
    const held = Array.from({ length: 1000 }, (_, i) => cache.get(`token-${i}`)).filter((value) => value !== undefined);
    expect(held.length).toBeLessThanOrEqual(20);
    expect(cache.get('token-999')).toBe(999);
  });

  it('keeps what is used while others come and go', () => {
    const cache = new BearerCache<string>(10);
    cache.set('used', 'kept');
    for (let i = 0; i < 1000; i++) {
      cache.set(`token-${i}`, 'x');
      expect(cache.get('used')).toBe('kept');
    }
  });

  it('knows a token by its exact text only', () => {
    const cache = new BearerCache<string>(10);
    cache.set('aaa.bbb.ccc', 'somebody');
    for (const other of ['aaa.bbb.cc', 'aaa.bbb.cccc', 'AAA.bbb.ccc', ' aaa.bbb.ccc', '__proto__', 'constructor']) {
      expect(cache.get(other)).toBeUndefined();
    }
    const tail = 'x'.repeat(60);
    cache.set(`one.${tail}`, 'one');
    expect(cache.get(`two.${tail}`)).toBeUndefined();
    cache.set(`two.${tail}`, 'two');
    expect([cache.get(`one.${tail}`), cache.get(`two.${tail}`)]).toEqual([undefined, 'two']);
    cache.delete('aaa.bbb.ccc');
    expect(cache.get('aaa.bbb.ccc')).toBeUndefined();
  });
});
