import { coverOf, isTreeSize, type LeafRange, MAX_TREE_SIZE } from './subtrees.js';
import { EMPTY_ROOT, HASH_BYTES, hashNode } from './tree-hash.js';

const LEVELS = 54;

/**
 * The left part of a tree that grows to the right, in O(log n) memory: only the roots of the complete subtrees that its size is
 * the sum of, at most one a level.
 */
export class CompactRange {
  private count = 0;
  /** One place a level; taken where the size has that bit. */
  private readonly roots = Buffer.alloc(LEVELS * HASH_BYTES);
  private readonly carry = Buffer.alloc(HASH_BYTES);

  /**
   * From what `hashes` gave.
   *
   * @throws RangeError when these can't be the hashes of that size
   */
  static of(size: number, hashes: readonly Buffer[]): CompactRange {
    const range = new CompactRange();
    if (!isTreeSize(size) || !range.appendRange(size, hashes))
      throw new RangeError(`not the hashes of a tree of ${size}`);
    return range;
  }

  get size(): number {
    return this.count;
  }

  appendLeaf(hash: Buffer): void {
    hash.copy(this.carry, 0, 0, HASH_BYTES);
    this.addCarry(0);
  }

  /** A leaf hash as base64, 44 characters, that is already known to be one. */
  appendLeafText(base64: string): void {
    this.carry.write(base64, 0, HASH_BYTES, 'base64');
    this.addCarry(0);
  }

  /** @throws RangeError when a complete subtree of that level can't start here */
  appendSubtree(level: number, hash: Buffer): void {
    const width = 2 ** level;
    if (this.count % width !== 0 || hash.length !== HASH_BYTES) throw new RangeError('no such subtree starts here');
    hash.copy(this.carry);
    this.addCarry(level);
  }

  /** Merges with the range that follows, given as the roots of the fewest subtrees that cover it; false when it can't be. */
  appendRange(to: number, hashes: readonly Buffer[]): boolean {
    const cover = this.coverTo(to);
    if (cover === null || cover.length !== hashes.length || hashes.some((hash) => hash.length !== HASH_BYTES))
      return false;
    cover.forEach(({ level }, place) => {
      const hash = hashes[place];
      if (hash !== undefined) this.appendSubtree(level, hash);
    });
    return true;
  }

  /** The roots of the complete subtrees, left to right: what has to be kept to go on later. */
  hashes(): Buffer[] {
    const range: LeafRange = { from: 0, to: this.count };
    return coverOf(range).map(({ level }) => Buffer.from(this.at(level)));
  }

  /** RFC 9162 2.1.1: the Merkle Tree Hash of all leaves so far. */
  root(): Buffer {
    if (this.count === 0) return EMPTY_ROOT;
    let root: Buffer | undefined;
    for (let level = 0, rest = this.count; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      if (root === undefined) root = Buffer.from(this.at(level));
      else hashNode(this.roots, level * HASH_BYTES, root, 0, root, 0);
    }
    return root ?? EMPTY_ROOT;
  }

  private coverTo(to: number) {
    return to < this.count || to > MAX_TREE_SIZE ? null : coverOf({ from: this.count, to });
  }

  private at(level: number): Buffer {
    return this.roots.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
  }

  /** Binary addition: two subtrees of one level become one of the next. */
  private addCarry(from: number): void {
    const width = 2 ** from;
    let level = from;
    for (let rest = this.count / width; rest % 2 === 1; rest = (rest - 1) / 2) {
      hashNode(this.roots, level * HASH_BYTES, this.carry, 0, this.carry, 0);
      level += 1;
    }
    this.carry.copy(this.roots, level * HASH_BYTES);
    this.count += width;
  }
}
