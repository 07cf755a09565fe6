import { sign } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { signCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { GrowingTree } from '../../crypto/merkle/growing-tree.js';
import { type Tile, TreeDamaged, tileKey } from '../../crypto/merkle/tiles.js';
import { HASH_BYTES, leafHash } from '../../crypto/merkle/tree-hash.js';
import { treeRoot } from '../../crypto/merkle/tree-proofs.js';
import { type NoteSigner, verifierKey } from '../../crypto/signed-note.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { canonicalRecord } from '../log/canonical-record.js';
import { openStates } from '../log/open-states.js';
import { AuditTreeRepository, type AuditTreeRow, type StoredCheckpoint } from './audit-tree.repository.js';
import { PendingLine, type PendingPart } from './pending-line.service.js';
import type { PendingRow } from './pending-records.repository.js';
import { SignedCheckpoints } from './signed-checkpoints.service.js';
import { TreeHeads } from './tree-heads.service.js';
import { TreeRefused } from './tree-refused.js';

/** Parts of one transaction: enough of them to share its costs, few enough that another sealer never waits long. */
const BATCH_PARTS = 4;
/** Records that are hashed before whatever else this process has to do gets its turn. */
const HASHED_AT_ONCE = 100;
/** A checkpoint is due so many records or so long after the one before; it is signed at the end of the batch that finds it due. */
const CHECKPOINT_RECORDS = 1000;
const CHECKPOINT_SECONDS = 60;

/** A database that is away for a moment is no reason to say more than that. */
const FAILURES = 3;

/** A tree that was there. */
export interface KnownTree {
  /** At least 1. */
  size: number;
  root: Buffer;
  /** Who says so, for people. */
  from: string;
}

/**
 * Seals records into the Merkle tree of the trail and signs checkpoints. The tree's row is locked for each batch and everything
 * commits with it, so that one sealer works at a time over all instances, and one that lost its connection has changed nothing.
 */
@Injectable()
export class AuditSealer {
  /** What this process knows of the log by itself: from now on it goes on from there, whatever the database says. */
  private known: KnownTree | null = null;
  private full = false;
  private stuck: string | null = null;
  private heldBack: string | null = null;
  private refused: string | null = null;
  /** In a row. */
  private failures = 0;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    private readonly line: PendingLine,
    private readonly heads: TreeHeads,
    private readonly signed: SignedCheckpoints,
    private readonly keys: KeyRing,
    private readonly outbox: Outbox,
  ) {}

  /** Names the log of a new installation. */
  async makeTree(): Promise<void> {
    const host = this.settings.PUBLIC_URL === undefined ? 'localhost' : new URL(this.settings.PUBLIC_URL).host;
    await this.transactions.run((tx) => this.tree.makeTree(tx, `${host}/audit/${newId().slice(-12)}`));
  }

  /**
   * One batch.
   *
   * @param checkpointSeconds how old the newest checkpoint may be, where somebody waits for one
   * @returns how many records were taken out of the line; null when another instance is sealing
   * @throws TreeRefused, TreeDamaged
   */
  async sealBatch(checkpointSeconds = CHECKPOINT_SECONDS): Promise<number | null> {
    try {
      if (this.heldBack !== null) throw new TreeRefused(this.heldBack);
      const taken = await this.sealOne(checkpointSeconds);
      this.failures = 0;
      this.refused = null;
      return taken;
    } catch (error) {
      this.noteFailure(error);
      throw error;
    }
  }

  /** Why this process seals nothing, as of its last try; null where nothing keeps it from it. */
  get refusal(): string | null {
    return this.heldBack ?? this.refused ?? this.stuck;
  }

  /** Records wait, and whoever has the log seals none of them; null ends that. */
  sayStuck(reason: string | null): void {
    this.stuck = reason;
  }

  /** Nothing is sealed while it isn't known what was sealed before; null ends that. */
  holdBack(reason: string | null): void {
    this.heldBack = reason;
  }

  /**
   * Whether the tree is still the one that this process knows of.
   *
   * @throws TreeRefused
   */
  async compareWithKnown(): Promise<void> {
    try {
      await this.transactions.readAtOnce(async (tx) => {
        const row = await this.tree.findTree(tx);
        if (row !== null) await this.openTree(tx, row);
      });
    } catch (error) {
      this.noteFailure(error);
      throw error;
    }
  }

  /** Whatever it is that keeps coming back: nothing is sealed then, and nobody but this says so. */
  private noteFailure(error: unknown): void {
    this.failures += 1;
    if (error instanceof TreeRefused || error instanceof TreeDamaged) this.refused = error.message;
    else if (this.failures >= FAILURES)
      this.refused = `the audit trail could not be sealed ${this.failures} times in a row: ${error instanceof Error ? error.message : 'unknown'}`;
  }

  private async sealOne(checkpointSeconds: number): Promise<number | null> {
    const sealed = await this.transactions.run(async (tx) => {
      const row = await this.tree.lockTree(tx);
      if (row === null) return null;
      const newest = await this.signed.newest(tx);
      if (newest !== null && newest.size > row.size) {
        throw new TreeRefused(
          `the tree of the audit trail has ${row.size} records, but ${newest.size} were signed: it was cut`,
        );
      }
      const tree = await this.openTree(tx, row);
      const records = await this.sealWaiting(tx, row.size, tree);
      if (records > 0) {
        const { size } = tree;
        const { publishedSize } = row;
        await this.tree.setHead(
          tx,
          { size, publishedSize },
          await this.heads.seal({ size, publishedSize, root: tree.root() }),
        );
      }
      const signed = (await this.isDue(tx, newest, tree.size, checkpointSeconds))
        ? await this.signCheckpoint(tx, row.origin, tree, newest)
        : null;
      return { records, size: tree.size, root: tree.root(), signed };
    });
    if (sealed === null) return null;
    // Only now: what was rolled back is known to nobody.
    if (sealed.size > 0) this.known = { size: sealed.size, root: sealed.root, from: 'this process' };
    if (sealed.signed !== null) this.signed.remember(sealed.signed);
    return sealed.records;
  }

  /** Whether the last batch was all that one may be, so that more may wait. */
  get wasFull(): boolean {
    return this.full;
  }

  /** Tells of a tree that was signed, from a place that whoever writes to the database doesn't reach. */
  remember(tree: KnownTree): void {
    if (this.known === null || this.known.size < tree.size) this.known = tree;
  }

  /** @throws TreeRefused when it isn't the tree that this service last wrote, or doesn't go on from one that is known */
  private async openTree(tx: Transaction, row: AuditTreeRow): Promise<GrowingTree> {
    const head = await this.heads.of(row);
    const tree = await GrowingTree.open(row.size, (ids) => this.tree.readTiles(tx, ids));
    if (head !== null && !tree.root().equals(head.root)) {
      throw new TreeRefused(
        'the tree of the audit trail has another root than when it was last written: it was changed',
      );
    }
    const { known } = this;
    if (known === null) return tree;
    if (known.size > tree.size) {
      throw new TreeRefused(
        `the tree of the audit trail has ${tree.size} records, but ${known.from} knows ${known.size}: it was cut, or restored from a backup (docs/operations/backup-and-restore.md)`,
      );
    }
    const root =
      known.size === tree.size ? tree.root() : await treeRoot(known.size, (ids) => this.tree.readTiles(tx, ids));
    if (!root.equals(known.root)) {
      throw new TreeRefused(
        `the first ${known.size} records of the audit trail are not those that ${known.from} knows: it was changed, or restored from a backup (docs/operations/backup-and-restore.md)`,
      );
    }
    return tree;
  }

  /**
   * They could be passed over, but not written over, nor deleted by a service that may only append; and whoever put them there wants
   * some record's place or id. So nothing is sealed until somebody has looked.
   *
   * @throws TreeRefused
   */
  private async assertNonePlanted(tx: Transaction, size: number): Promise<void> {
    if (await this.tree.hasPlantedTiles(tx, size)) {
      throw new TreeRefused(
        `audit_tiles has more hashes than the ${size} records that the audit trail has: somebody else wrote them (docs/operations/audit-log-refused.md, step 5)`,
      );
    }
    if (!(await this.tree.hasPlanted(tx, size))) return;
    throw new TreeRefused(
      `rows of audit_leaves lie outside of the ${size} records that the audit trail has: somebody else wrote them (docs/operations/audit-log-refused.md)`,
    );
  }

  /**
   * While a part of the line is hashed here, PostgreSQL stores the one before and has the next one ready.
   *
   * @returns how many leaves the tree has got
   */
  private async sealWaiting(tx: Transaction, size: number, tree: GrowingTree): Promise<number> {
    const seen = new Set<string>();
    const take = async (): Promise<PendingPart> => {
      const part = await this.line.take(tx, size, seen);
      this.full = part.isFull;
      return part;
    };
    let part: PendingPart | null = await take();
    if (part.rows.length === 0 && !part.isFull) return 0;
    await this.assertNonePlanted(tx, size);
    const tiles = new Map<string, Tile>();
    let end = size;
    let hashed: readonly PendingRow[] = [];
    for (let nth = 1; part !== null || hashed.length > 0; nth++) {
      const rows: readonly PendingRow[] = part?.rows ?? [];
      const goesOn: boolean = part?.isFull === true && nth < BATCH_PARTS;
      const [hashes, next]: [Buffer, PendingPart | null] = await bothEnded(
        this.leafHashes(rows),
        this.store(tx, end, hashed).then(() => (goesOn ? take() : null)),
      );
      end += hashed.length;
      for (const tile of tree.append(hashes)) tiles.set(tileKey(tile), tile);
      hashed = rows;
      part = next;
    }
    await this.tree.saveTiles(tx, [...tiles.values()]);
    return end - size;
  }

  private async store(tx: Transaction, first: number, rows: readonly PendingRow[]): Promise<void> {
    if (rows.length > 0) await this.tree.insertLeaves(tx, first, rows);
  }

  private async leafHashes(rows: readonly PendingRow[]): Promise<Buffer> {
    const hashes = Buffer.allocUnsafe(rows.length * HASH_BYTES);
    for (const [index, row] of rows.entries()) {
      if (index % HASHED_AT_ONCE === 0) await setImmediate();
      const text = canonicalRecord(await openStates(this.keys, row));
      leafHash(Buffer.from(text, 'utf8')).copy(hashes, index * HASH_BYTES);
    }
    return hashes;
  }

  private async signCheckpoint(
    tx: Transaction,
    origin: string,
    tree: GrowingTree,
    newest: StoredCheckpoint | null,
  ): Promise<StoredCheckpoint> {
    if (newest !== null) await this.assertGrownFrom(tx, newest);
    const root = tree.root();
    const note = signCheckpoint({ origin, size: tree.size, root }, await this.signers(origin));
    await this.tree.insertCheckpoint(tx, { size: tree.size, root, note });
    await this.outbox.append(tx, {
      type: 'audit.checkpoint.signed',
      tenantId: null,
      data: { origin, size: tree.size, root: root.toString('base64'), note },
    });
    return { size: tree.size, root, note, signedAt: new Date() };
  }

  /**
   * A log never signs what doesn't go on from what it has signed (c2sp.org/tlog-checkpoint): whoever changed the stored tree gets
   * no signature for it, and the trail stays unsealed until somebody has looked.
   */
  private async assertGrownFrom(tx: Transaction, newest: StoredCheckpoint): Promise<void> {
    const root = await treeRoot(newest.size, (ids) => this.tree.readTiles(tx, ids));
    if (root.equals(newest.root)) return;
    throw new TreeRefused(
      `the tree of the audit trail isn't the one that was signed at ${newest.size} records: it was changed`,
    );
  }

  private async signers(origin: string): Promise<NoteSigner[]> {
    return (await this.keys.checkpointKeys()).map(({ publicKey, privateKey }) => ({
      key: verifierKey(origin, publicKey.export({ type: 'spki', format: 'der' }).subarray(-HASH_BYTES)),
      sign: (text) => sign(null, text, privateKey),
    }));
  }

  private async isDue(
    tx: Transaction,
    newest: StoredCheckpoint | null,
    size: number,
    seconds: number,
  ): Promise<boolean> {
    const grown = size - (newest?.size ?? 0);
    if (grown === 0 || newest === null || grown >= CHECKPOINT_RECORDS) return grown > 0;
    return this.tree.isOlder(tx, newest, seconds);
  }
}

/** As Promise.all, but nothing of either is at work any more when it fails: both use one transaction. */
async function bothEnded<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}
