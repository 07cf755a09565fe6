import { type ReadTiles, type Tile, tileKey } from './tiles.js';

/**
 * Reads each tile once as long as it is among the last `limit` that were asked for. For work on a tree of one size: a tile
 * that grows meanwhile is remembered as it was.
 *
 * @param limit in tiles of up to 8 KiB
 */
export function rememberTiles(readTiles: ReadTiles, limit: number): ReadTiles {
  const known = new Map<string, Tile>();
  return async (ids) => {
    const missing = ids.filter((id) => !known.has(tileKey(id)));
    const read = missing.length === 0 ? [] : await readTiles(missing);
    const found = new Map(read.map((tile) => [tileKey(tile), tile]));
    const tiles = ids.flatMap((id) => known.get(tileKey(id)) ?? found.get(tileKey(id)) ?? []);
    for (const tile of tiles) {
      // Put last again: the first of a Map is the one that was asked for longest ago.
      known.delete(tileKey(tile));
      known.set(tileKey(tile), tile);
    }
    for (const key of known.keys()) {
      if (known.size <= limit) break;
      known.delete(key);
    }
    return tiles;
  };
}
