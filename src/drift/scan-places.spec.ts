import { ACTIVE_SCANS, CUT_MS, type ScanPlace, ScanPlaces, STALLED_MS, WAITING_SCANS } from './scan-places.js';

/** A process and how long each tenant that it reads has given nothing. */
function stage() {
  const places = new ScanPlaces();
  const stalled = new Map<string, number>();
  const begun = new Map<string, ScanPlace>();
  const begin = (tenant: string, stalledMs = 0) => {
    stalled.set(tenant, stalledMs);
    const progress = { stalledMs: () => stalled.get(tenant) ?? 0, lastOutcome: 'HTTP 429' };
    const place = places.take(tenant, () => progress);
    begun.set(tenant, place);
    return place;
  };
  const beginMany = (count: number, name: string, stalledMs: number) => {
    for (let number = 0; number < count; number++) begin(`${name}${number}`, stalledMs);
  };
  const cut = () => [...begun].filter(([, { enough }]) => enough.aborted).map(([tenant]) => tenant);
  return { places, stalled, begun, begin, beginMany, cut, end: (tenant: string) => begun.get(tenant)?.leave() };
}

describe('the places of scans', () => {
  it('are for four tenants that answer, and no more', () => {
    const { places, beginMany, end } = stage();
    beginMany(ACTIVE_SCANS - 1, 'healthy', 0);
    expect(places.except()).toEqual([]);
    beginMany(1, 'another', 0);
    expect(places.except()).toBeNull();
    end('another0');
    expect(places.except()).toEqual([]);
  });

  it('are left by the scan that took them, also where another of the tenant has begun', () => {
    const { places, begin, beginMany } = stage();
    const overtaken = begin('tenant');
    begin('tenant');
    beginMany(ACTIVE_SCANS - 1, 'another', 0);
    overtaken.leave();
    expect(places.except()).toBeNull();
  });

  it('are given away by tenants that keep us waiting, and taken again when they answer', () => {
    const { places, stalled, beginMany } = stage();
    beginMany(ACTIVE_SCANS, 'sick', STALLED_MS);
    expect(places.except()).toEqual([]);
    for (const tenant of stalled.keys()) stalled.set(tenant, 0);
    expect(places.except()).toBeNull();
  });

  it('are not for tenants that kept us waiting before, while many do it now', () => {
    const { places, stalled, beginMany, end, begin } = stage();
    begin('slow', STALLED_MS);
    expect(places.except()).toEqual([]);
    end('slow');
    beginMany(WAITING_SCANS, 'sick', STALLED_MS);
    const sick = Array.from({ length: WAITING_SCANS }, (_, number) => `sick${number}`);
    expect(places.except()?.sort()).toEqual([...sick, 'slow'].sort());
    // It answered in the meantime, and isn't held to what it was.
    stalled.set('slow', 0);
    begin('slow', 0);
    end('slow');
    expect(places.except()?.sort()).toEqual(sick);
  });

  it('are made free while others wait, by the end of the reading that stood still longest, which says why', () => {
    const { places, begin, beginMany, begun, cut } = stage();
    beginMany(WAITING_SCANS - 1, 'sick', CUT_MS);
    places.makeRoom();
    expect(cut()).toEqual([]);
    begin('longest', CUT_MS + 2000);
    places.makeRoom();
    expect(cut()).toEqual(['longest']);
    expect(String(begun.get('longest')?.enough.reason)).toContain('gave nothing for 32 s (HTTP 429)');
  });

  it('are not taken from whoever has waited for a moment only', () => {
    const { places, beginMany, cut } = stage();
    beginMany(WAITING_SCANS + ACTIVE_SCANS, 'sick', CUT_MS - 1);
    expect(places.except()).toBeNull();
    places.makeRoom();
    expect(cut()).toEqual([]);
  });
});
