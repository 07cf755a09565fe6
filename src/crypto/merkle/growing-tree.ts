import { CompactRange } from './compact-range.js';
import { isTreeSize } from './subtrees.js';
import {
  growingTiles,
  hashesAtLevel,
  type ReadTiles,
  TILE_BYTES,
  TILE_LEVELS,
  TILE_WIDTH,
  type Tile,
  TileSet,
} from './tiles.js';
import { foldInPlace, HASH_BYTES } from './tree-hash.js';

/** The tile of a level that is filling up. */
interface EdgeTile {
  index: number;
  width: number;
  hashes: Buffer;
}

/**
 * The right edge of a stored tree, in memory while it grows; what changes comes out as tiles to store. Where storing them fails, it
 * is ahead of what is stored and has to be opened anew.
 */
export class GrowingTree {
  private count = 0;
  private readonly edge: EdgeTile[] = [];
  private readonly folded = Buffer.alloc(TILE_BYTES);

  /**
   * Goes on with a tree of this size.
   *
   * @throws TreeDamaged when a tile of its right edge isn't there
   */
  static async open(size: number, readTiles: ReadTiles): Promise<GrowingTree> {
    if (!isTreeSize(size)) throw new RangeError(`${size} is no size of a tree`);
    const tree = new GrowingTree();
    const tiles = await TileSet.read(growingTiles(size), readTiles);
    for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
      const edge = tree.edgeAt(level);
      edge.width = hashesAtLevel(size, level) % TILE_WIDTH;
      edge.index = hashesAtLevel(size, level + 1);
      if (edge.width > 0) tiles.hashesOf({ level, index: edge.index }, 0, edge.width).copy(edge.hashes);
    }
    tree.count = size;
    return tree;
  }

  get size(): number {
    return this.count;
  }

  /**
   * Adds leaf hashes, 32 bytes each, one after the other.
   *
   * @returns the tiles that changed, each as it is now; those that are full will never change again
   */
  append(leafHashes: Buffer): Tile[] {
    if (leafHashes.length % HASH_BYTES !== 0) throw new RangeError('leaf hashes have 32 bytes each');
    const full: Tile[] = [];
    const touched = new Set<number>();
    for (let at = 0; at < leafHashes.length; ) {
      const { width } = this.edgeAt(0);
      const end = Math.min(leafHashes.length, at + (TILE_WIDTH - width) * HASH_BYTES);
      this.add(0, leafHashes.subarray(at, end), full, touched);
      this.count += (end - at) / HASH_BYTES;
      at = end;
    }
    return [...full, ...this.partialTiles(touched)];
  }

  /** RFC 9162 2.1.1: the Merkle Tree Hash of all leaves so far. */
  root(): Buffer {
    const range = new CompactRange();
    for (let level = this.edge.length - 1; level >= 0; level--) {
      const { hashes, width } = this.edgeAt(level);
      let first = 0;
      for (let height = TILE_LEVELS - 1; height >= 0; height--) {
        const subtree = 2 ** height;
        if (width - first < subtree) continue;
        hashes.copy(this.folded, 0, first * HASH_BYTES, (first + subtree) * HASH_BYTES);
        range.appendSubtree(level * TILE_LEVELS + height, foldInPlace(this.folded, subtree));
        first += subtree;
      }
    }
    return range.root();
  }

  /** `hashes` never reaches beyond the tile that is filling up. */
  private add(level: number, hashes: Buffer, full: Tile[], touched: Set<number>): void {
    const edge = this.edgeAt(level);
    hashes.copy(edge.hashes, edge.width * HASH_BYTES);
    edge.width += hashes.length / HASH_BYTES;
    touched.add(level);
    if (edge.width < TILE_WIDTH) return;
    full.push({ level, index: edge.index, hashes: Buffer.from(edge.hashes) });
    edge.index += 1;
    edge.width = 0;
    this.add(level + 1, foldInPlace(edge.hashes, TILE_WIDTH), full, touched);
  }

  private partialTiles(levels: Set<number>): Tile[] {
    return [...levels].flatMap((level) => {
      const { index, width, hashes } = this.edgeAt(level);
      return width === 0 ? [] : [{ level, index, hashes: Buffer.from(hashes.subarray(0, width * HASH_BYTES)) }];
    });
  }

  private edgeAt(level: number): EdgeTile {
    const known = this.edge[level];
    if (known !== undefined) return known;
    const edge = { index: 0, width: 0, hashes: Buffer.alloc(TILE_BYTES) };
    this.edge[level] = edge;
    return edge;
  }
}
