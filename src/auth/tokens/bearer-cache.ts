/** A token's signature ends it: these characters tell tokens apart as well as all of them, and cost a tenth to hash. */
const KEY_LENGTH = 43;

interface Held<V> {
  text: string;
  value: V;
}

/**
 * A bounded map from exact texts to values that forgets what was not used for long. Two generations: what is read moves into the
 * young one, and when that is full it becomes the old one and the old one goes. A hit costs one look-up, where a list in order of
 * use costs three. Texts that end alike share one place; a text that isn't the one held there is not found.
 */
export class BearerCache<V> {
  private young = new Map<string, Held<V>>();
  private old = new Map<string, Held<V>>();

  /** @param capacity of one generation; up to twice as much is held */
  constructor(private readonly capacity: number) {}

  get(text: string): V | undefined {
    const key = text.slice(-KEY_LENGTH);
    const held = this.young.get(key);
    if (held !== undefined) return held.text === text ? held.value : undefined;
    const older = this.old.get(key);
    if (older === undefined || older.text !== text) return undefined;
    this.put(key, older);
    return older.value;
  }

  set(text: string, value: V): void {
    this.put(text.slice(-KEY_LENGTH), { text, value });
  }

  delete(text: string): void {
    const key = text.slice(-KEY_LENGTH);
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young = new Map();
    this.old = new Map();
  }

  private put(key: string, held: Held<V>): void {
    if (this.young.size >= this.capacity && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, held);
  }
}
