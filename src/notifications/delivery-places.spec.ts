import { DeliveryPlaces } from './delivery-places.js';

function takeAll(places: DeliveryPlaces, failing: boolean): (() => void)[] {
  const taken: (() => void)[] = [];
  for (let leave = places.take(failing); leave !== null; leave = places.take(failing)) taken.push(leave);
  return taken;
}

describe('the places of deliveries', () => {
  it('leave room for healthy receivers however many fail', () => {
    const places = new DeliveryPlaces();
    expect(takeAll(places, true)).toHaveLength(3);
    expect(takeAll(places, false)).toHaveLength(5);
    expect(places.take(true)).toBeNull();
  });

  it('are given back once', () => {
    const places = new DeliveryPlaces();
    const [first] = takeAll(places, false);
    first?.();
    first?.();
    expect(takeAll(places, false)).toHaveLength(1);
  });
});
