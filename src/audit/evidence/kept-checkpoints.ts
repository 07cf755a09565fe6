import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import type { CompactRange } from '../../crypto/merkle/compact-range.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { NoteRefused, type VerifierKey } from '../../crypto/signed-note.js';
import { type BundleHeader, BundleRefused } from './evidence.types.js';

interface KeptCheckpoint {
  origin: string;
  size: number;
  root: Buffer;
}

/**
 * Checkpoints that were kept outside of the log: what they say was so. They are what a log that forgets its end, or shows two
 * histories to two people, can't get around.
 */
export class KeptCheckpoints {
  /** The next one to be met, by size. */
  private place = 0;

  private constructor(private readonly kept: readonly KeptCheckpoint[]) {}

  /** @throws NoteRefused when one isn't a checkpoint that a trusted key has signed: nothing follows from it */
  static open(notes: readonly string[], trusted: readonly VerifierKey[]): KeptCheckpoints {
    const kept = notes.map((note) => {
      const { origin, size, root, signedBy } = openCheckpoint(note, trusted);
      if (signedBy.length === 0) throw new NoteRefused('no trusted key has signed it');
      return { origin, size, root };
    });
    return new KeptCheckpoints(kept.sort((left, right) => left.size - right.size));
  }

  get met(): number {
    return this.place;
  }

  /** The size at which the next one has to be met. */
  get nextSize(): number {
    return this.kept[this.place]?.size ?? Number.POSITIVE_INFINITY;
  }

  /** @throws BundleRefused when a log of that size and origin can't be the one that they are of */
  compareHeader({ origin, size }: BundleHeader): void {
    const other = this.kept.find((checkpoint) => checkpoint.origin !== origin);
    if (other !== undefined)
      throw new BundleRefused(
        'checkpoint-other-origin',
        `the kept checkpoint is of ${other.origin}, this is ${origin}`,
      );
    const longest = this.kept.at(-1)?.size ?? 0;
    if (longest > size) {
      const detail = `the log had ${longest} records when the kept checkpoint was signed, now it has ${size}`;
      throw new BundleRefused('rolled-back', detail, { from: size, to: longest });
    }
  }

  /**
   * Compares those of this size with the tree.
   *
   * @param since the size up to which the tree is known to be as it was signed
   * @throws BundleRefused
   */
  compare(range: CompactRange, since: number): void {
    for (; this.nextSize === range.size; this.place++) {
      if (this.kept[this.place]?.root.equals(range.root())) continue;
      const detail = `at ${range.size} records the log isn't the one of the kept checkpoint`;
      throw new BundleRefused('forked', detail, { from: since, to: range.size });
    }
  }

  /** @throws BundleRefused when one lies inside what the bundle leaves out */
  assertMeets({ from, to }: LeafRange): void {
    if (this.nextSize <= from || this.nextSize >= to) return;
    const detail = `the bundle leaves out the place of the kept checkpoint of ${this.nextSize} records; ask for one that has it`;
    throw new BundleRefused('kept-checkpoint-not-met', detail, { from, to });
  }
}
