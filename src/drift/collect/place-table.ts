import { hash as digest, randomBytes } from 'node:crypto';

const FREE = 0;
const REMOVED = -1;
/** Slots stay at most two thirds full. */
const LOAD = 1.5;

/**
 * Where records stand that are known by a key, without the keys: some 20 bytes each. Where a search begins can't be foreseen by who
 * writes the keys. Two keys may look the same; `isKey` says which one stands at a place.
 */
export class PlaceTable {
  /** How many keys there are. */
  size = 0;
  private used = 0;
  private marks = new Uint32Array(1024);
  /** One more than the place. */
  private places = new Float64Array(1024);
  private readonly salt = randomBytes(16).toString('hex');

  constructor(private readonly isKey: (place: number, key: string) => boolean) {}

  get(key: string): number | null {
    const slot = this.slotOf(key);
    return slot === null ? null : (this.places[slot] ?? FREE) - 1;
  }

  set(key: string, place: number): void {
    const known = this.slotOf(key);
    if (known !== null) {
      this.places[known] = place + 1;
      return;
    }
    if ((this.used + 1) * LOAD > this.places.length) this.grow();
    this.put(this.markOf(key), place + 1);
    this.used += 1;
    this.size += 1;
  }

  delete(key: string): boolean {
    const slot = this.slotOf(key);
    if (slot === null) return false;
    this.places[slot] = REMOVED;
    this.size -= 1;
    return true;
  }

  private slotOf(key: string): number | null {
    const mark = this.markOf(key);
    const { marks, places } = this;
    for (let slot = mark & (places.length - 1); ; slot = (slot + 1) & (places.length - 1)) {
      const found = places[slot] ?? FREE;
      if (found === FREE) return null;
      if (found !== REMOVED && marks[slot] === mark && this.isKey(found - 1, key)) return slot;
    }
  }

  private put(mark: number, found: number): void {
    const { marks, places } = this;
    let slot = mark & (places.length - 1);
    while (places[slot] !== FREE) slot = (slot + 1) & (places.length - 1);
    marks[slot] = mark;
    places[slot] = found;
  }

  private grow(): void {
    const { marks, places } = this;
    this.marks = new Uint32Array(marks.length * 2);
    this.places = new Float64Array(places.length * 2);
    this.used = this.size;
    places.forEach((found, slot) => {
      if (found > FREE) this.put(marks[slot] ?? 0, found);
    });
  }

  private markOf(key: string): number {
    return Number.parseInt(digest('sha256', this.salt + key).slice(0, 8), 16);
  }
}
