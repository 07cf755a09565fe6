import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { CompactRange } from '../../crypto/merkle/compact-range.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { leafHashText } from '../../crypto/merkle/tree-hash.js';
import { NoteRefused, type VerifierKey } from '../../crypto/signed-note.js';
import { parseCheckpointLine, parseHeader, parseHole } from './bundle-lines.js';
import { describeRecord } from './describe-record.js';
import { type BundleHeader, type BundleHolds, BundleRefused } from './evidence.types.js';
import type { KeptCheckpoints } from './kept-checkpoints.js';
import { isForEverything, MissingCount } from './missing-records.js';
import { locateRecord, type RecordLine } from './record-line.js';

/** Far more than any bundle has; a compressed one can unfold to lines without end. */
export const MAX_LINES = 1_000_000_000;

/** The third byte of a line tells its kind: {"leafIndex", {"from", {"checkpoint". */
const [RECORD, HOLE, CHECKPOINT] = [0x6c, 0x66, 0x63];

type Facts = Omit<BundleHolds, 'holds' | 'signedBy'> & { signedBy: readonly VerifierKey[] };

/** What is known of a bundle after each of its lines; throws at the first that doesn't hold. */
export class BundleReader {
  /** Lines that hold. */
  private lines = 0;
  private header: BundleHeader | undefined;
  private readonly range = new CompactRange();
  private readonly record: RecordLine = { leafIndex: 0, leafHash: '', start: 0, end: 0 };
  private records = 0;
  private checkpoints = 0;
  private unverified = 0;
  /**
   * The size of the last checkpoint, kept ones included, that a trusted key has signed and that the tree agrees with. One that
   * somebody else signed doesn't count: a forger could put it behind the place of the forgery.
   */
  private anchor = 0;
  private readonly missing = new MissingCount();
  /** The first records that are missing where the bundle says that it was asked for everything. */
  private unanswered: LeafRange | null = null;
  private lastCheckpoint = -1;
  private signedBy: readonly VerifierKey[] | undefined;

  constructor(
    private readonly trusted: readonly VerifierKey[],
    private readonly kept: KeptCheckpoints,
    private readonly complete: boolean,
  ) {}

  /** @throws BundleRefused */
  line(bytes: Buffer, start: number, end: number): void {
    if (this.lines >= MAX_LINES) throw new BundleRefused('too-many-lines', `a bundle has at most ${MAX_LINES} lines`);
    if (this.signedBy !== undefined) throw new BundleRefused('trailing-data', 'nothing may follow the last checkpoint');
    const kind = bytes[start + 2];
    if (this.header === undefined) this.readHeader(bytes.subarray(start, end));
    else if (kind === RECORD) this.readRecord(bytes, start, end, this.header);
    else if (kind === HOLE) this.readHole(bytes.subarray(start, end), this.header);
    else if (kind === CHECKPOINT) this.readCheckpoint(bytes.subarray(start, end), this.header);
    else throw new BundleRefused('malformed-line', 'it is no record, no left out records and no checkpoint');
    this.lines += 1;
  }

  /** @throws BundleRefused when the last checkpoint is missing */
  end(): Facts {
    const size = this.header?.size ?? 0;
    if (this.header === undefined || this.signedBy === undefined) {
      const detail = `it ends after ${this.range.size} of ${size} records, without the last checkpoint`;
      throw new BundleRefused('truncated', detail, this.header && { from: this.range.size, to: size });
    }
    const asked = this.header.asked ?? null;
    this.assertAnswered();
    if (this.complete) this.assertComplete();
    return {
      origin: this.header.origin,
      size,
      root: this.range.root(),
      records: this.records,
      first: this.missing.first,
      last: this.missing.last,
      asked,
      missing: this.missing.missing,
      checkpoints: this.checkpoints,
      unverifiedCheckpoints: this.unverified,
      keptCheckpoints: this.kept.met,
      signedBy: this.signedBy,
    };
  }

  /** Which line is the first that doesn't hold, from 1 on. */
  get faultyLine(): number {
    return this.lines + 1;
  }

  private readHeader(line: Buffer): void {
    this.header = parseHeader(line);
    this.kept.compareHeader(this.header);
    this.kept.compare(this.range, 0);
  }

  private readRecord(bytes: Buffer, start: number, end: number, { size }: BundleHeader): void {
    const { leafIndex, leafHash, start: first, end: last } = locateRecord(bytes, start, end, this.record);
    this.assertPlace(leafIndex, leafIndex + 1, size);
    if (leafHashText(bytes, first, last) !== leafHash) {
      const detail = `the record doesn't have its hash: ${describeRecord(bytes.subarray(first, last))}`;
      throw new BundleRefused('record-changed', detail, { from: leafIndex, to: leafIndex + 1 });
    }
    this.range.appendLeafText(leafHash);
    this.records += 1;
    this.missing.record(leafIndex);
    if (this.kept.nextSize === this.range.size) this.compareKept();
  }

  private readHole(line: Buffer, { size }: BundleHeader): void {
    const { from, to, hashes } = parseHole(line);
    this.assertPlace(from, to, size);
    this.kept.assertMeets({ from, to });
    if (!this.range.appendRange(to, hashes)) {
      throw new BundleRefused('malformed-line', `the records from ${from} to ${to} have another number of hashes`, {
        from,
        to,
      });
    }
    this.missing.hole({ from, to });
    this.noteUnanswered({ from, to });
    this.compareKept();
  }

  private readCheckpoint(line: Buffer, header: BundleHeader): void {
    const { origin, size, root, signedBy } = this.open(parseCheckpointLine(line));
    const since = { from: this.anchor, to: this.range.size };
    if (origin !== header.origin)
      throw new BundleRefused(
        'checkpoint-other-origin',
        `the checkpoint is of ${origin}, this is ${header.origin}`,
        since,
      );
    if (size !== this.range.size || size === this.lastCheckpoint) {
      const detail = `a checkpoint of ${size} records stands after ${this.range.size}${size === this.lastCheckpoint ? ' again' : ''}`;
      throw new BundleRefused('checkpoint-misplaced', detail, since);
    }
    if (!root.equals(this.range.root())) {
      const detail = `up to record ${since.from} the log is as it was signed, up to ${since.to} it is not`;
      throw new BundleRefused('root-differs', detail, since);
    }
    const isLast = size === header.size;
    if (isLast && signedBy.length === 0) {
      const detail = 'no trusted key has signed the last checkpoint';
      throw new BundleRefused('not-signed', detail, since);
    }
    this.lastCheckpoint = size;
    if (isLast) this.signedBy = signedBy;
    if (signedBy.length === 0) {
      this.unverified += 1;
    } else {
      this.checkpoints += 1;
      this.anchor = size;
    }
  }

  private open(note: string) {
    try {
      return openCheckpoint(note, this.trusted);
    } catch (error) {
      if (!(error instanceof NoteRefused)) throw error;
      const since = { from: this.anchor, to: this.range.size };
      throw new BundleRefused('checkpoint-refused', `the checkpoint is refused: ${error.message}`, since);
    }
  }

  private noteUnanswered(hole: LeafRange): void {
    const asked = this.header?.asked ?? null;
    if (asked === null || !isForEverything(asked)) return;
    const [from, to] = [Math.max(hole.from, asked.from), Math.min(hole.to, asked.to)];
    if (from >= to) return;
    if (this.unanswered === null) this.unanswered = { from, to };
    // A checkpoint can lie within a run; it is one all the same.
    else if (this.unanswered.to === from) this.unanswered = { from: this.unanswered.from, to };
  }

  /** Whatever it is verified for, a bundle doesn't hold that contradicts itself. */
  private assertAnswered(): void {
    const gap = this.unanswered;
    if (gap === null) return;
    throw new BundleRefused(
      'incomplete',
      `record ${gap.from} is not in the bundle, though everything was asked for`,
      gap,
    );
  }

  private assertComplete(): void {
    const gap = this.missing.firstGap;
    if (gap === null) return;
    const what =
      'and whether it belongs to what was asked for nobody can tell from a bundle: only one of the whole log is provably complete';
    throw new BundleRefused('incomplete', `record ${gap.from} is not in the bundle, ${what}`, gap);
  }

  private compareKept(): void {
    if (this.kept.nextSize !== this.range.size) return;
    this.kept.compare(this.range, this.anchor);
    this.anchor = this.range.size;
  }

  private assertPlace(from: number, to: number, size: number): void {
    const expected = this.range.size;
    if (to > size)
      throw new BundleRefused('beyond-size', `the header says that there are ${size} records`, { from, to });
    if (from === expected) return;
    const range = { from: Math.min(expected, from), to: Math.max(expected, from) };
    throw new BundleRefused('out-of-order', `record ${from} stands where record ${expected} belongs`, range);
  }
}
