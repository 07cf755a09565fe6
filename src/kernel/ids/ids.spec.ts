import { isUuid, newId } from './ids.js';

describe('newId', () => {
  it('makes ids of version 7 that are all different and sort by the order in which they were made', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every((id) => isUuid(id) && id[14] === '7' && '89ab'.includes(id[19] ?? ''))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it('goes on upwards when the clock of the host jumps back', () => {
    const before = newId();
    jest.useFakeTimers({ now: new Date('2020-01-01'), doNotFake: ['performance'] });
    const after = newId();
    jest.useRealTimers();
    expect(after > before).toBe(true);
  });
});
