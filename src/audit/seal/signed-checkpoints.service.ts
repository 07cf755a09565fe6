import { Injectable } from '@nestjs/common';
import { sha256 } from '../../crypto/digest.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { NoteRefused, type VerifierKey, verifierKey } from '../../crypto/signed-note.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AuditTreeRepository, type CheckpointPlace, type StoredCheckpoint } from './audit-tree.repository.js';
import { TreeRefused } from './tree-refused.js';

/** Rows of one look: the newest is nearly always the first, and its note is remembered. */
const FIRST_LOOK = 4;
const LOOK = 500;
/** Rows that nobody signed are passed over up to so many; whoever writes more of them is not waited for. */
const MAX_PASSED = 10_000;
const MAX_REMEMBERED = 2 * MAX_PASSED;

/**
 * What the log has signed, as it lies in the table. Whoever writes to the database can put rows beside it: only what a key of this log has
 * signed, under its name and for this size and root, is there for anybody. That one of them isn't of the stored tree is no reason to pass
 * it over: the tree was changed then.
 */
@Injectable()
export class SignedCheckpoints {
  /** By the digest of the note: whether a key of the log signed it. For the keys of `rememberedFor`. */
  private remembered = new Map<string, boolean>();
  private rememberedFor = '';
  /** For a table with too many rows that nobody signed. */
  private last: StoredCheckpoint | null = null;

  constructor(
    private readonly tree: AuditTreeRepository,
    private readonly keys: KeyRing,
  ) {}

  /** @throws TreeRefused when it can't be found among rows that somebody else wrote, and this process knows of none */
  async newest(tx: Transaction): Promise<StoredCheckpoint | null> {
    const found = await this.list(tx, null, 1);
    if (found !== 'too many') {
      this.last = found[0] ?? null;
      return this.last;
    }
    if (this.last !== null) return this.last;
    throw new TreeRefused(
      `more than ${MAX_PASSED} rows of audit_checkpoints that nobody signed lie above the newest one that was: somebody else wrote them (docs/operations/audit-log-refused.md)`,
    );
  }

  /** What this process has signed, once it is committed. */
  remember(checkpoint: StoredCheckpoint): void {
    this.last = checkpoint;
  }

  /**
   * Largest first, one of each size.
   *
   * @param below the size that they are smaller than
   * @throws TreeRefused as `newest` does
   */
  async page(tx: Transaction, below: number | null, limit: number): Promise<StoredCheckpoint[]> {
    const found = await this.list(tx, below, limit);
    if (found !== 'too many') return found;
    throw new TreeRefused(
      `more than ${MAX_PASSED} rows of audit_checkpoints were signed by nobody: somebody else wrote them (docs/operations/audit-log-refused.md)`,
    );
  }

  /** Those of these sizes that there are, smallest first. */
  async of(tx: Transaction, sizes: readonly number[]): Promise<StoredCheckpoint[]> {
    const row = await this.tree.findTree(tx);
    if (row === null) return [];
    const trusted = await this.trusted(row.origin);
    const found = await this.tree.findCheckpointsOf(tx, row.origin, sizes);
    return oneOfEachSize(found.filter((checkpoint) => this.isSigned(checkpoint, row.origin, trusted)));
  }

  /** The keys of a log, those included that sign no more. */
  async trusted(origin: string): Promise<VerifierKey[]> {
    return (await this.keys.checkpointVerifiers()).map(({ publicKey }) => verifierKey(origin, publicKey));
  }

  private async list(tx: Transaction, below: number | null, limit: number): Promise<StoredCheckpoint[] | 'too many'> {
    const row = await this.tree.findTree(tx);
    if (row === null) return [];
    const trusted = await this.trusted(row.origin);
    const found: StoredCheckpoint[] = [];
    let passed = 0;
    let after: CheckpointPlace | null = null;
    for (let look = limit + FIRST_LOOK; ; look = LOOK) {
      const rows: (StoredCheckpoint & CheckpointPlace)[] = await this.tree.findLargestCheckpoints(
        tx,
        { origin: row.origin, below, after },
        look,
      );
      for (const { id: _id, ...checkpoint } of rows) {
        if (found.at(-1)?.size === checkpoint.size || !this.isSigned(checkpoint, row.origin, trusted)) passed += 1;
        else found.push(checkpoint);
        if (found.length === limit) return found;
      }
      const end = rows.at(-1);
      if (end === undefined || rows.length < look) return found;
      if (passed > MAX_PASSED) return 'too many';
      after = end;
    }
  }

  private isSigned({ note, size, root }: StoredCheckpoint, origin: string, trusted: readonly VerifierKey[]): boolean {
    const keys = trusted.map(({ id, name }) => `${name}+${id.toString('hex')}`).join();
    // What no key that is known had signed, one that is new may have.
    if (keys !== this.rememberedFor || this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.rememberedFor = keys;
    const digest = sha256(note).toString('base64');
    const isSigned = this.remembered.get(digest) ?? wasSigned(note, trusted);
    this.remembered.set(digest, isSigned);
    return isSigned && saysSo(note, { origin, size, root });
  }
}

function wasSigned(note: string, trusted: readonly VerifierKey[]): boolean {
  try {
    return openCheckpoint(note, trusted).signedBy.length > 0;
  } catch (error) {
    if (error instanceof NoteRefused) return false;
    throw error;
  }
}

function saysSo(note: string, { origin, size, root }: { origin: string; size: number; root: Buffer }): boolean {
  return note.startsWith(`${origin}\n${size}\n${root.toString('base64')}\n\n`);
}

/** Of those that are ordered by their size. */
export function oneOfEachSize<T extends { size: number }>(rows: readonly T[]): T[] {
  return rows.filter(({ size }, at) => at === 0 || rows[at - 1]?.size !== size);
}
