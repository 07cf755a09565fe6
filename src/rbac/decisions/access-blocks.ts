/** Words that are taken from the system at once. Bitsets by themselves would each cost three times what they say. */
const PAGE_WORDS = 1 << 16;

/** A run of words; whose they are is whoever took them and hasn't given them back. */
export interface Block {
  readonly words: Uint32Array;
  /** The first word. */
  readonly at: number;
}

/** Memory for bitsets, many of them in one array. */
export class AccessBlocks {
  private page = new Uint32Array(0);
  private used = 0;
  private readonly freed = new Map<number, Block[]>();

  /** @returns words with anything in them */
  take(length: number): Block {
    const again = this.freed.get(length)?.pop();
    if (again !== undefined) return again;
    if (length * 4 > PAGE_WORDS) return { words: new Uint32Array(length), at: 0 };
    if (this.used + length > this.page.length) {
      this.page = new Uint32Array(PAGE_WORDS);
      this.used = 0;
    }
    const at = this.used;
    this.used += length;
    return { words: this.page, at };
  }

  /** @param length as it was taken */
  giveBack(words: Uint32Array, at: number, length: number): void {
    if (length === 0 || length * 4 > PAGE_WORDS) return;
    const same = this.freed.get(length);
    if (same === undefined) this.freed.set(length, [{ words, at }]);
    else same.push({ words, at });
  }
}
