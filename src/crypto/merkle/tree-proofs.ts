import { coverOf, isTreeSize, type LeafRange, type Subtree, splitOf } from './subtrees.js';
import { type ReadTiles, TILE_LEVELS, TILE_WIDTH, type TileId, TileSet } from './tiles.js';
import { EMPTY_ROOT, foldInPlace, nodeHash } from './tree-hash.js';

/**
 * The path from a leaf to the root of the tree of `size` (RFC 9162 2.1.3.1). `size` may be any that the stored tree once had.
 *
 * @throws RangeError when the tree of that size has no such leaf
 * @throws TreeDamaged
 */
export async function inclusionProof(leafIndex: number, size: number, readTiles: ReadTiles): Promise<Buffer[]> {
  if (!isTreeSize(size) || !isTreeSize(leafIndex) || leafIndex >= size)
    throw new RangeError(`a tree of ${size} has no leaf ${leafIndex}`);
  const siblings: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (leafIndex < middle) {
      siblings.unshift({ from: middle, to });
      to = middle;
    } else {
      siblings.unshift({ from, to: middle });
      from = middle;
    }
  }
  return rangeRoots(siblings, readTiles);
}

/**
 * That the tree of `newSize` begins with the tree of `oldSize` (RFC 9162 2.1.4.1); empty where nothing needs to be shown.
 *
 * @throws RangeError unless oldSize <= newSize
 * @throws TreeDamaged
 */
export async function consistencyProof(oldSize: number, newSize: number, readTiles: ReadTiles): Promise<Buffer[]> {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize)
    throw new RangeError(`a tree of ${newSize} has never had ${oldSize} leaves`);
  if (oldSize === 0 || oldSize === newSize) return [];
  const ranges: LeafRange[] = [];
  let [from, to] = [0, newSize];
  while (oldSize < to) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  // Where the old tree is a complete subtree of the new, the verifier has its root already.
  if (from > 0) ranges.unshift({ from, to });
  return rangeRoots(ranges, readTiles);
}

/** @throws TreeDamaged */
export async function treeRoot(size: number, readTiles: ReadTiles): Promise<Buffer> {
  if (size === 0) return EMPTY_ROOT;
  const [root] = await rangeRoots([{ from: 0, to: size }], readTiles);
  return root ?? EMPTY_ROOT;
}

/**
 * The roots of the fewest complete subtrees that cover a range, left to right.
 *
 * @throws TreeDamaged
 */
export async function coverHashes(range: LeafRange, readTiles: ReadTiles): Promise<Buffer[]> {
  return subtreeHashes(coverOf(range), readTiles);
}

/** The Merkle Tree Hash of each range; each starts where a subtree of at least its size may start. All tiles are read at once. */
async function rangeRoots(ranges: readonly LeafRange[], readTiles: ReadTiles): Promise<Buffer[]> {
  const covers = ranges.map(coverOf);
  const hashes = await subtreeHashes(covers.flat(), readTiles);
  let next = 0;
  return covers.map((cover) => {
    const parts = hashes.slice(next, next + cover.length);
    next += cover.length;
    return parts.reduceRight((right, left) => nodeHash(left, right));
  });
}

async function subtreeHashes(subtrees: readonly Subtree[], readTiles: ReadTiles): Promise<Buffer[]> {
  const places = subtrees.map(placeOf);
  const tiles = await TileSet.read(
    places.map(({ tile }) => tile),
    readTiles,
  );
  return places.map(({ tile, first, count }) => Buffer.from(foldInPlace(tiles.hashesOf(tile, first, count), count)));
}

/** The hashes of which tile a subtree's root is folded from. */
function placeOf({ level, index }: Subtree): { tile: TileId; first: number; count: number } {
  const count = 2 ** (level % TILE_LEVELS);
  const start = index * count;
  const first = start % TILE_WIDTH;
  return { tile: { level: Math.floor(level / TILE_LEVELS), index: (start - first) / TILE_WIDTH }, first, count };
}
