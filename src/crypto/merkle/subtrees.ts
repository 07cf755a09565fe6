/** A complete subtree: the 2^level leaves from index * 2^level on. */
export interface Subtree {
  level: number;
  index: number;
}

/** Half open: leaves from `from` to before `to`. */
export interface LeafRange {
  from: number;
  to: number;
}

/** Sizes and indexes are JavaScript integers; a log that adds a million records a second reaches this in 285 years. */
export const MAX_TREE_SIZE = Number.MAX_SAFE_INTEGER;

export function isTreeSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The fewest complete subtrees that make up a range, left to right. */
export function coverOf({ from, to }: LeafRange): Subtree[] {
  const cover: Subtree[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    let width = 1;
    while (start % (2 * width) === 0 && width <= (to - start) / 2) {
      width *= 2;
      level += 1;
    }
    cover.push({ level, index: start / width });
    start += width;
  }
  return cover;
}

/** The largest power of two that is smaller than `count` (RFC 9162 2.1.1: k < n <= 2k). */
export function splitOf(count: number): number {
  let k = 1;
  while (k < count / 2) k *= 2;
  return k;
}
