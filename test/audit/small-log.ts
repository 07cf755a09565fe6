import { generateKeyPairSync, sign } from 'node:crypto';
import type { BundleQuestion } from '../../src/audit/evidence/evidence.types.js';
import { verifyBundle } from '../../src/audit/evidence/verify-bundle.js';
import { type SizedNote, writeBundle } from '../../src/audit/evidence/write-bundle.js';
import { canonicalJson, type Json } from '../../src/crypto/canonical-json.js';
import { signCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { GrowingTree } from '../../src/crypto/merkle/growing-tree.js';
import { type ReadTiles, type Tile, tileKey } from '../../src/crypto/merkle/tiles.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { formatVerifierKey, type NoteSigner, verifierKey } from '../../src/crypto/signed-note.js';

export const ORIGIN = 'log.example/audit';

export function newSigner(name = ORIGIN): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { key: verifierKey(name, raw), sign: (text) => sign(null, text, privateKey) };
}

/** The canonical bytes of some record. */
export function someRecord(n: number, more: Record<string, Json> = {}): Buffer {
  return Buffer.from(
    canonicalJson({
      action: 'users.user.updated',
      actor: { displayName: 'Zoë', id: `user-${n}`, sessionId: null, type: 'user' },
      after: { department: 'Sales', n },
      before: null,
      occurredAt: '2026-11-30T08:00:00.123456Z',
      outcome: 'success',
      version: 1,
      ...more,
    }),
  );
}

/** A log in memory, and what a bundle of it may hold. */
export class SmallLog {
  readonly records: Buffer[] = [];
  readonly checkpoints: SizedNote[] = [];
  private readonly tiles = new Map<string, Tile>();

  private constructor(
    private readonly tree: GrowingTree,
    public signers: NoteSigner[],
    readonly origin: string,
  ) {}

  static async begin(signers: NoteSigner[], origin = ORIGIN): Promise<SmallLog> {
    return new SmallLog(await GrowingTree.open(0, async () => []), signers, origin);
  }

  readonly readTiles: ReadTiles = async (ids) => ids.flatMap((id) => this.tiles.get(tileKey(id)) ?? []);

  get size(): number {
    return this.tree.size;
  }

  append(records: Buffer[]): this {
    for (const tile of this.tree.append(Buffer.concat(records.map(leafHash)))) this.tiles.set(tileKey(tile), tile);
    this.records.push(...records);
    return this;
  }

  seal(): this {
    const { size } = this.tree;
    const note = signCheckpoint({ origin: this.origin, size, root: this.tree.root() }, this.signers);
    this.checkpoints.push({ size, note });
    return this;
  }

  noteAt(size: number): string {
    const found = this.checkpoints.find((checkpoint) => checkpoint.size === size);
    if (found === undefined) throw new Error(`no checkpoint at ${size}`);
    return found.note;
  }

  /** The bundle up to a checkpoint's size. */
  async bundle({
    size = this.size,
    holds = () => true,
    shows = () => true,
    keys = this.signers.map(({ key }) => formatVerifierKey(key)),
    asked,
  }: BundleChoice = {}): Promise<Buffer> {
    const records = this.records
      .slice(0, size)
      .flatMap((bytes, leafIndex) => (holds(leafIndex) ? { leafIndex, bytes } : []));
    const checkpoints = this.checkpoints.filter(
      (checkpoint) => checkpoint.size === size || (checkpoint.size < size && shows(checkpoint.size)),
    );
    const { origin, readTiles } = this;
    const pieces: Buffer[] = [];
    for await (const piece of writeBundle({ origin, size, keys, asked, records, checkpoints, readTiles }))
      pieces.push(piece);
    return Buffer.concat(pieces);
  }
}

interface BundleChoice {
  size?: number;
  /** Whether the bundle holds a record; left out otherwise. */
  holds?: (leafIndex: number) => boolean;
  /** Whether the bundle shows the checkpoint of a size before the last. */
  shows?: (size: number) => boolean;
  keys?: string[];
  asked?: BundleQuestion;
}

export async function* inPieces(bundle: Buffer, length = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bundle.length; at += length) yield Buffer.from(bundle.subarray(at, at + length));
}

/** What is found out with these keys and kept checkpoints. */
export function verdictOn(
  bundle: Buffer,
  signers: NoteSigner[],
  kept: string[] = [],
  pieceLength?: number,
  complete?: boolean,
) {
  return verifyBundle(inPieces(bundle, pieceLength), { trusted: signers.map(({ key }) => key), kept, complete });
}
