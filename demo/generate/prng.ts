/** A small seeded generator (sfc32): the same words give the same numbers, ids and choices on every machine. */
export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(...words: (string | number)[]) {
    const text = words.join('\u001f');
    [this.a, this.b, this.c] = [mix(text, 0x9e3779b9), mix(text, 0x85ebca6b), mix(text, 0xc2b2ae35)];
    for (let round = 0; round < 12; round++) this.next32();
  }

  /** A number in [0, 1). */
  next(): number {
    return this.next32() / 0x1_0000_0000;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(lowest: number, highest: number): number {
    return lowest + this.below(highest - lowest + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('Nothing to pick from.');
    return from[this.below(from.length)] as T;
  }

  sample<T>(from: readonly T[], count: number): T[] {
    return this.shuffle(from).slice(0, count);
  }

  shuffle<T>(of: readonly T[]): T[] {
    const list = [...of];
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [list[last], list[other]] = [list[other] as T, list[last] as T];
    }
    return list;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.next32().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  /** A UUID of version 4's form. */
  guid(): string {
    const hex = this.hex(32);
    const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  private next32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }
}

/** FNV-1a with a final avalanche: spreads similar words ("user 1", "user 2") over the whole range. */
function mix(text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ salt) >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) | 0;
}
