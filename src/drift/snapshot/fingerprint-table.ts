import { randomInt } from 'node:crypto';

/** Bytes of one fingerprint: SHA-256. */
export const FINGERPRINT_BYTES = 32;
/** The same in words of 32 bits. */
const WORDS = FINGERPRINT_BYTES / 4;
/** Slots stay at most two thirds full. */
const LOAD = 1.5;

/**
 * The fingerprints of everything that a type held, and which of them a scan met again: about 40 bytes an object. Open
 * addressing over one buffer; where a search begins can't be foreseen, so nobody can write names that make it slow.
 */
export class FingerprintTable {
  /** How many were met. */
  met = 0;
  private readonly slots: Int32Array;
  private readonly mask: number;
  private readonly shift: number;
  private readonly words: Int32Array;
  private readonly seen: Uint8Array;
  private readonly asked = new Int32Array(WORDS);
  private readonly askedBytes = new Uint8Array(this.asked.buffer);
  private readonly word = randomInt(WORDS);
  private readonly factor = randomInt(2 ** 31) * 2 + 1;

  /**
   * @param bytes fingerprints, one after the other; kept, not copied, where they are aligned
   * @param total objects of the type, those without a fingerprint included
   */
  constructor(
    bytes: Uint8Array,
    readonly total: number = bytes.byteLength / FINGERPRINT_BYTES,
  ) {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    this.words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
    const { size } = this;
    let capacity = 2;
    while (capacity < size * LOAD) capacity *= 2;
    this.mask = capacity - 1;
    this.shift = Math.clz32(this.mask);
    this.slots = new Int32Array(capacity);
    this.seen = new Uint8Array(Math.ceil(size / 8));
    const { asked, slots, words } = this;
    for (let index = 0; index < size; index++) {
      const first = index * WORDS;
      const begin = this.beginOf(words[first + this.word] ?? 0);
      // Most find their slot free and need not be compared with anything.
      if (slots[begin] === 0) {
        slots[begin] = index + 1;
        continue;
      }
      for (let i = 0; i < WORDS; i++) asked[i] = words[first + i] ?? 0;
      const slot = this.slotOf();
      if (slots[slot] === 0) slots[slot] = index + 1;
    }
  }

  /** How many fingerprints there are. */
  get size(): number {
    return this.words.length / WORDS;
  }

  /** Marks a fingerprint as met; false where the type didn't hold it. */
  meet(fingerprint: Uint8Array): boolean {
    this.askedBytes.set(fingerprint);
    return this.meetAsked();
  }

  /** The same with a fingerprint as a string of 32 bytes ('binary'): a buffer for each costs more than the hash itself. */
  meetText(fingerprint: string): boolean {
    const { askedBytes } = this;
    for (let i = 0; i < FINGERPRINT_BYTES; i++) askedBytes[i] = fingerprint.charCodeAt(i);
    return this.meetAsked();
  }

  wasMet(fingerprint: Uint8Array): boolean {
    this.askedBytes.set(fingerprint);
    const index = this.indexOfAsked();
    return index >= 0 && this.isSeen(index);
  }

  /** Those that weren't met, one after the other in blocks of at most `limit`. */
  *unmet(limit: number): Generator<Buffer, void, undefined> {
    let block: Buffer[] = [];
    const { size } = this;
    for (let index = 0; index < size; index++) {
      if (this.isSeen(index)) continue;
      const offset = this.words.byteOffset + index * FINGERPRINT_BYTES;
      block.push(Buffer.from(this.words.buffer as ArrayBuffer, offset, FINGERPRINT_BYTES));
      if (block.length === limit) {
        yield Buffer.concat(block);
        block = [];
      }
    }
    if (block.length > 0) yield Buffer.concat(block);
  }

  private meetAsked(): boolean {
    const index = this.indexOfAsked();
    if (index < 0) return false;
    const byte = index >> 3;
    const bit = 1 << (index & 7);
    const before = this.seen[byte] ?? 0;
    if ((before & bit) === 0) {
      this.seen[byte] = before | bit;
      this.met += 1;
    }
    return true;
  }

  private isSeen(index: number): boolean {
    return ((this.seen[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  private indexOfAsked(): number {
    return (this.slots[this.slotOf()] ?? 0) - 1;
  }

  private beginOf(word: number): number {
    // The high bits of the product depend on every bit of the factor.
    return Math.imul(word, this.factor) >>> this.shift;
  }

  /** Where `asked` lies, or the free slot where it would. */
  private slotOf(): number {
    const { asked, slots, mask } = this;
    let slot = this.beginOf(asked[this.word] ?? 0);
    for (;;) {
      const found = slots[slot] ?? 0;
      if (found === 0 || this.isAsked(found - 1)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Written out: this is asked once for every object of the tenant. */
  private isAsked(index: number): boolean {
    const { asked, words } = this;
    const first = index * WORDS;
    return (
      words[first] === asked[0] &&
      words[first + 1] === asked[1] &&
      words[first + 2] === asked[2] &&
      words[first + 3] === asked[3] &&
      words[first + 4] === asked[4] &&
      words[first + 5] === asked[5] &&
      words[first + 6] === asked[6] &&
      words[first + 7] === asked[7]
    );
  }
}
