import { rememberTiles } from '../../crypto/merkle/remember-tiles.js';
import { type ReadTiles, TILE_WIDTH, type Tile, TreeDamaged } from '../../crypto/merkle/tiles.js';
import { HASH_BYTES } from '../../crypto/merkle/tree-hash.js';
import { coverHashes } from '../../crypto/merkle/tree-proofs.js';
import { checkpointLine, headerLine, holeLine } from './bundle-lines.js';
import type { BundleHeader } from './evidence.types.js';
import { recordLine } from './record-line.js';

export interface EvidenceRecord {
  /** Its place in the log. */
  leafIndex: number;
  /** Its canonical bytes as they were sealed. */
  bytes: Buffer;
}

/** Where a bundle comes from. */
export interface EvidenceSource extends BundleHeader {
  /** By place, ascending; whatever lies between them is left out and stands there as hashes only. */
  records: AsyncIterable<EvidenceRecord> | Iterable<EvidenceRecord>;
  /** By size, ascending; the last one has the size of the header. */
  checkpoints: AsyncIterable<SizedNote> | Iterable<SizedNote>;
  readTiles: ReadTiles;
}

export interface SizedNote {
  size: number;
  note: string;
}

/** 8 KiB each: the way from a leaf to the root a few times over, and the neighbourhood. */
const REMEMBERED_TILES = 64;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = Buffer.from('\n');

/**
 * Writes a bundle, whole lines in pieces of about 64 KiB. Each record stands beside the hash that the tree has for it, so that one
 * that was changed afterwards is found at its place.
 *
 * @throws TreeDamaged
 * @throws RangeError when records or checkpoints aren't in order or the last checkpoint is missing
 */
export async function* writeBundle(source: EvidenceSource): AsyncGenerator<Buffer> {
  let lines: Buffer[] = [];
  let length = 0;
  for await (const line of bundleLines(source)) {
    lines.push(line, NEWLINE);
    length += line.length + 1;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.concat(lines);
    lines = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(lines);
}

async function* bundleLines({ records, checkpoints, readTiles, ...header }: EvidenceSource): AsyncGenerator<Buffer> {
  const tiles = rememberTiles(readTiles, REMEMBERED_TILES);
  const leafHash = leafHashes(tiles);
  const upcoming = iterate(records);
  let at = 0;
  let last = -1;
  try {
    yield Buffer.from(headerLine(header));
    let record = await upcoming.next();
    for await (const { size, note } of checkpoints) {
      if (size <= last || size > header.size)
        throw new RangeError('checkpoints must come by size, up to that of the header');
      for (; record.done !== true && record.value.leafIndex < size; record = await upcoming.next()) {
        const { leafIndex, bytes } = record.value;
        if (leafIndex < at) throw new RangeError('records must come by place, each once');
        if (leafIndex > at) yield await hole(at, leafIndex, tiles);
        yield recordLine(leafIndex, await leafHash(leafIndex), bytes);
        at = leafIndex + 1;
      }
      if (at < size) yield await hole(at, size, tiles);
      at = size;
      last = size;
      yield Buffer.from(checkpointLine(note));
    }
    if (last !== header.size || record.done !== true)
      throw new RangeError('a bundle ends with the checkpoint of its size');
  } finally {
    // Whoever reads the bundle may leave in the middle; where the records come from has to be let go then.
    await upcoming.return(undefined);
  }
}

async function* iterate<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
}

async function hole(from: number, to: number, readTiles: ReadTiles): Promise<Buffer> {
  return Buffer.from(holeLine({ from, to, hashes: await coverHashes({ from, to }, readTiles) }));
}

/** The tree's hash of a record; neighbours are in the same tile. */
function leafHashes(readTiles: ReadTiles): (leafIndex: number) => Promise<Buffer> {
  let tile: Tile | undefined;
  return async (leafIndex) => {
    const first = leafIndex % TILE_WIDTH;
    const id = { level: 0, index: (leafIndex - first) / TILE_WIDTH };
    if (tile?.index !== id.index) [tile] = await readTiles([id]);
    const hash = tile?.hashes.subarray(first * HASH_BYTES, (first + 1) * HASH_BYTES);
    if (hash?.length !== HASH_BYTES) throw new TreeDamaged(id, first + 1);
    return hash;
  };
}
