import { HASH_BYTES } from './tree-hash.js';

/** c2sp.org/tlog-tiles: a tile holds up to 256 hashes, which stand for 8 levels of the tree. */
export const TILE_WIDTH = 256;
export const TILE_LEVELS = 8;
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

export interface TileId {
  /** 0 holds leaf hashes; each hash of level n + 1 is the root of a full tile of level n. */
  level: number;
  index: number;
}

export interface Tile extends TileId {
  /** 1 to 256 hashes of 32 bytes, one after the other. */
  hashes: Buffer;
}

/** Answers with those of the asked tiles that there are, in any order. A tile may be wider than the asker knows: trees only grow. */
export type ReadTiles = (ids: readonly TileId[]) => Promise<readonly Tile[]>;

/** The stored tree lacks a hash that it must have. */
export class TreeDamaged extends Error {
  constructor({ level, index }: TileId, width: number) {
    super(`the tile ${level}/${index} of the tree has fewer than ${width} hashes`);
    this.name = 'TreeDamaged';
  }
}

/** How many hashes a level of the tiles holds in a tree of this size, over all of its tiles. */
export function hashesAtLevel(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tiles at the right edge that are not full: what has to be known to append. */
export function growingTiles(size: number): TileId[] {
  const tiles = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    if (hashesAtLevel(size, level) % TILE_WIDTH > 0) tiles.push({ level, index: hashesAtLevel(size, level + 1) });
  }
  return tiles;
}

export function tileKey({ level, index }: TileId): string {
  return `${level}/${index}`;
}

/** Tiles as a look-up that insists on what is asked. */
export class TileSet {
  private readonly tiles: ReadonlyMap<string, Tile>;

  private constructor(tiles: readonly Tile[]) {
    this.tiles = new Map(tiles.map((tile) => [tileKey(tile), tile]));
  }

  /** Reads each tile once, all of them in one go. */
  static async read(ids: readonly TileId[], readTiles: ReadTiles): Promise<TileSet> {
    const distinct = new Map(ids.map(({ level, index }) => [tileKey({ level, index }), { level, index }]));
    return new TileSet(distinct.size === 0 ? [] : await readTiles([...distinct.values()]));
  }

  /**
   * A copy of the hashes of a tile from `first` on.
   *
   * @throws TreeDamaged
   */
  hashesOf(id: TileId, first: number, count: number): Buffer {
    const tile = this.tiles.get(tileKey(id));
    if (tile === undefined || tile.hashes.length < (first + count) * HASH_BYTES)
      throw new TreeDamaged(id, first + count);
    return Buffer.from(tile.hashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES));
  }
}
