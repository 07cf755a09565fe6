import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { CompactRange } from '../../crypto/merkle/compact-range.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { hashesAtLevel, TILE_WIDTH, type Tile, type TileId, TreeDamaged } from '../../crypto/merkle/tiles.js';
import { foldInPlace, HASH_BYTES, leafHash } from '../../crypto/merkle/tree-hash.js';
import { coverHashes } from '../../crypto/merkle/tree-proofs.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { retentionClassOf } from '../append/retention-class.js';
import type { AuditAction } from '../audit.types.js';
import { canonicalRecord } from '../log/canonical-record.js';
import { openStates, type StoredAuditRow } from '../log/open-states.js';
import { DropWatch } from '../retention/drop-watch.service.js';
import { DroppedMonths } from '../retention/dropped-months.service.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { LogPatrolRepository, type PatrolledLeaf } from './log-patrol.repository.js';
import type { EndOfLog } from './sealed-end.service.js';

/** A place whose record isn't there, or isn't the one that was sealed. */
export interface FaultyPlace {
  leafIndex: number;
  /** Null where the leaf's row is gone as well. */
  eventId: string | null;
}

export interface WalkFindings {
  lost: FaultyPlace[];
  changed: FaultyPlace[];
  /** Up to where it came. */
  to: number;
  /** Why the stored hashes of the range don't lead to the root, for the service's log; null where they do. */
  tree: string | null;
}

/** In memory at once. */
const MAX_RECORDS = 512;
/** A slow walk goes on in the next step: no transaction of it may be longer. */
const MAX_MS = 20_000;

/**
 * Compares a piece of the log with the table: each place below its end has a leaf, the leaf a record as long as its month is kept, and
 * the record's bytes the hash that the tree has for them; and these hashes lead to the root that the service sealed.
 */
@Injectable()
export class LogWalk {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly log: LogPatrolRepository,
    private readonly tree: AuditTreeRepository,
    private readonly dropped: DroppedMonths,
    private readonly drops: DropWatch,
    private readonly keys: KeyRing,
  ) {}

  async look(range: LeafRange, end: EndOfLog): Promise<WalkFindings> {
    // First: what somebody spoilt of dropped months must not pass for records that are lost.
    await this.drops.mend();
    const hashes = await this.leafHashes(range);
    const tree = await this.treeFault(range, hashes, end);
    const findings: WalkFindings = { lost: [], changed: [], to: range.from, tree };
    const deadline = performance.now() + MAX_MS;
    while (findings.to < range.to && performance.now() < deadline) {
      const piece = { from: findings.to, to: Math.min(range.to, findings.to + MAX_RECORDS) };
      const leaves = await this.transactions.read((tx) =>
        this.dropped.undisturbed(tx, (dropped) => this.log.findLeaves(tx, piece, dropped)),
      );
      await this.compare(piece, leaves, hashes, findings);
      findings.to = piece.to;
    }
    await this.drops.count({ from: range.from, to: findings.to });
    return findings;
  }

  private async compare(
    { from, to }: LeafRange,
    leaves: readonly PatrolledLeaf[],
    hashes: LeafHashes,
    { lost, changed }: WalkFindings,
  ): Promise<void> {
    const byPlace = new Map(leaves.map((leaf) => [leaf.leafIndex, leaf]));
    for (let leafIndex = from; leafIndex < to; leafIndex++) {
      const leaf = byPlace.get(leafIndex);
      if (leaf === undefined) lost.push({ leafIndex, eventId: null });
      else if (leaf.record !== null) {
        const text = canonicalRecord(await openStates(this.keys, leaf.record));
        const hash = hashes.at(leafIndex);
        if ((hash !== null && !leafHash(Buffer.from(text, 'utf8')).equals(hash)) || isKeptTooShort(leaf.record))
          changed.push({ leafIndex, eventId: leaf.eventId });
      } else if (leaf.monthStands) lost.push({ leafIndex, eventId: leaf.eventId });
    }
  }

  private async leafHashes({ from, to }: LeafRange): Promise<LeafHashes> {
    const ids: TileId[] = [];
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) ids.push({ level: 0, index });
    return new LeafHashes(await this.transactions.read((tx) => this.tree.readTiles(tx, ids)));
  }

  private async treeFault(
    { from, to }: LeafRange,
    hashes: LeafHashes,
    { size, root }: EndOfLog,
  ): Promise<string | null> {
    const cover = (range: LeafRange) =>
      coverHashes(range, (ids) => this.transactions.read((tx) => this.tree.readTiles(tx, ids)));
    try {
      const tree = CompactRange.of(from, await cover({ from: 0, to: from }));
      for (let leafIndex = from; leafIndex < to; leafIndex++) tree.appendLeaf(hashes.must(leafIndex));
      tree.appendRange(size, await cover({ from: to, to: size }));
      if (tree.root().equals(root)) return null;
    } catch (error) {
      if (error instanceof TreeDamaged) return error.message;
      throw error;
    }
    const broken = await this.brokenTiles(hashes, size);
    return broken.length === 0
      ? 'tiles that stand for other places were changed'
      : `the tiles 0/${broken.join(', 0/')} were changed, or those above them`;
  }

  /** Full tiles of the range that aren't what the level above has of them. */
  private async brokenTiles(hashes: LeafHashes, size: number): Promise<number[]> {
    const full = hashes.tiles.filter(({ index }) => index < hashesAtLevel(size, 1));
    const ids = [...new Set(full.map(({ index }) => Math.floor(index / TILE_WIDTH)))].map((index) => ({
      level: 1,
      index,
    }));
    const above = await this.transactions.read((tx) => this.tree.readTiles(tx, ids));
    return full
      .filter(({ index, hashes: leaves }) => {
        const parent = above.find((tile) => tile.index === Math.floor(index / TILE_WIDTH));
        const at = (index % TILE_WIDTH) * HASH_BYTES;
        return (
          parent?.hashes.subarray(at, at + HASH_BYTES).equals(foldInPlace(Buffer.from(leaves), TILE_WIDTH)) !== true
        );
      })
      .map(({ index }) => index);
  }
}

/** The class isn't among the bytes that are sealed, and a record would go with the months of another class. */
function isKeptTooShort({ retentionClass, action, outcome }: StoredAuditRow): boolean {
  return retentionClass === 'operation' && retentionClassOf(action as AuditAction, outcome) !== 'operation';
}

/** What the tree has of the places of a range. */
class LeafHashes {
  private readonly byIndex: ReadonlyMap<number, Tile>;

  constructor(readonly tiles: readonly Tile[]) {
    this.byIndex = new Map(tiles.map((tile) => [tile.index, tile]));
  }

  at(leafIndex: number): Buffer | null {
    const first = (leafIndex % TILE_WIDTH) * HASH_BYTES;
    const hash = this.byIndex.get(Math.floor(leafIndex / TILE_WIDTH))?.hashes.subarray(first, first + HASH_BYTES);
    return hash?.length === HASH_BYTES ? hash : null;
  }

  /** @throws TreeDamaged */
  must(leafIndex: number): Buffer {
    const hash = this.at(leafIndex);
    if (hash !== null) return hash;
    throw new TreeDamaged({ level: 0, index: Math.floor(leafIndex / TILE_WIDTH) }, (leafIndex % TILE_WIDTH) + 1);
  }
}
