import { ThrottlePace } from './throttle-pace.js';
import { NOTHING_TOLD, throttleTold } from './throttle-told.js';

const never = new AbortController().signal;
const told = (headers: Record<string, string>) => throttleTold((name) => headers[name] ?? null);

describe('the pace of requests', () => {
  let now: number;
  let pace: ThrottlePace;
  beforeEach(() => {
    now = 0;
    pace = new ThrottlePace(() => now);
  });

  it('waits for nothing while answers say nothing of a limit', () => {
    for (let i = 0; i < 10_000; i++) pace.answered({ ...NOTHING_TOLD, units: 3 });
    expect(pace.waitMs(false, 20)).toBe(0);
  });

  it('stays below a limit that an answer names, and takes it up again as what was spent leaves the window', () => {
    for (let i = 0; i < 94; i++) pace.answered({ ...NOTHING_TOLD, units: 1 });
    expect(pace.waitMs(false, 1)).toBe(0);
    pace.answered({ ...NOTHING_TOLD, units: 1, share: 0.95 });
    expect(pace.waitMs(false, 1)).toBeGreaterThan(9000);
    now = 10_200;
    expect(pace.waitMs(false, 1)).toBe(0);
  });

  it('counts what is away and each item of a batch at what requests cost so far', async () => {
    for (let i = 0; i < 40; i++) pace.answered({ ...NOTHING_TOLD, units: 2 });
    now = 500;
    pace.answered({ ...NOTHING_TOLD, units: 2, share: 0.82 });
    // Of 100 units 82 are spent, and 95 may be.
    expect(pace.waitMs(false, 20)).toBeGreaterThan(9000);
    expect(pace.waitMs(false, 1)).toBe(0);
    await pace.leave(false, 6, never);
    expect(pace.waitMs(false, 1)).toBeGreaterThan(9000);
    pace.back(6);
    expect(pace.waitMs(false, 1)).toBe(0);
  });

  it('lets one request through when the limit is used up by others', () => {
    pace.answered({ ...NOTHING_TOLD, units: 1, share: 1.7 });
    expect(pace.waitMs(false, 1)).toBeGreaterThan(9000);
    now = 10_200;
    expect(pace.waitMs(false, 1)).toBe(0);
  });

  it('believes no old limit once answers far above it name none', () => {
    for (let i = 0; i < 9; i++) pace.answered({ ...NOTHING_TOLD, units: 1 });
    pace.answered({ ...NOTHING_TOLD, units: 1, share: 1 });
    expect(pace.waitMs(false, 1)).toBeGreaterThan(9000);
    pace.answered({ ...NOTHING_TOLD, units: 1 });
    expect(pace.waitMs(false, 1)).toBe(0);
  });

  it.each([
    ['Tenant_Application/ReadWrite/app/tenant', 3000, 3000],
    ['Tenant/Write/app/tenant', 0, 3000],
    ['Application/Read/app', 3000, 0],
    ['User/ReadWrite/app/user', 0, 0],
    ['nonsense', 0, 0],
  ])('holds back what a refusal of %s holds for', (scope, reads, writes) => {
    const refusal = told({ 'x-ms-throttle-scope': scope });
    if (refusal.scope !== null) pace.refused(refusal.scope, 3000);
    expect([pace.waitMs(false, 1), pace.waitMs(true, 1)]).toEqual([reads, writes]);
    now = 3000;
    expect([pace.waitMs(false, 1), pace.waitMs(true, 1)]).toEqual([0, 0]);
  });

  it.each(['', '-1', 'NaN', '1e9', '99999999999', '0', ' 1 '])('takes %j for nothing that was told', (text) => {
    expect(told({ 'x-ms-resource-unit': text, 'x-ms-throttle-limit-percentage': text })).toEqual(NOTHING_TOLD);
  });
});
