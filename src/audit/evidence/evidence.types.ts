import type { LeafRange } from '../../crypto/merkle/subtrees.js';

/**
 * What a bundle was asked for. It isn't signed: who reads it compares it with what they asked for themselves.
 */
export interface BundleQuestion extends LeafRange {
  /** The places [from, to) of the log were looked through for records that match; empty: every record does. */
  filter: Readonly<Record<string, string>>;
  /** Whether whoever asked may read every record; otherwise those that they may not read are left out too. */
  everything: boolean;
}

/** The first line of a bundle. Nothing of it is trusted: it says what the rest has to be compared with. */
export interface BundleHeader {
  /** Names the log: the origin of its checkpoints and the name of its keys. */
  origin: string;
  /** Records in the log, those that the bundle leaves out included. */
  size: number;
  /** The public keys that the log says it has, as `name+id+key`; for people to compare with what they got elsewhere. */
  keys: readonly string[];
  /** Absent in bundles from before it was written. */
  asked?: BundleQuestion | undefined;
}

/** What is wrong with a bundle. */
export type BundleFault =
  /** A line is no line of a bundle. */
  | 'malformed-line'
  | 'line-too-long'
  | 'too-many-lines'
  /** A record or a hole isn't where the one before it ends: something was removed, inserted or swapped. */
  | 'out-of-order'
  /** More records than the header says. */
  | 'beyond-size'
  /** The record's bytes don't have the hash that stands beside them. */
  | 'record-changed'
  /** Of the records and hashes since the last checkpoint that holds, at least one isn't what was signed. */
  | 'root-differs'
  /** A checkpoint doesn't stand where the log had its size, or stands there twice. */
  | 'checkpoint-misplaced'
  /** A checkpoint is malformed, or the signature of a trusted key on it is wrong. */
  | 'checkpoint-refused'
  | 'checkpoint-other-origin'
  /** No trusted key has signed the last checkpoint. */
  | 'not-signed'
  /** Ends before the last checkpoint. */
  | 'truncated'
  | 'trailing-data'
  /** The log is shorter than a checkpoint that was kept outside says it was. */
  | 'rolled-back'
  /** The log at the size of a checkpoint that was kept outside isn't the one that was signed then. */
  | 'forked'
  /** The bundle leaves out the place of a checkpoint that was kept outside: ask for one that has it. */
  | 'kept-checkpoint-not-met'
  /** A record of the log is left out, and the bundle says that everything was asked for, or a complete one was demanded. */
  | 'incomplete'
  /** What holds the bundle can't be read on. */
  | 'unreadable';

export interface BundleHolds {
  holds: true;
  origin: string;
  size: number;
  root: Buffer;
  /** How many of the records the bundle holds; each of them was hashed. */
  records: number;
  /** Places of the first and the last record in the bundle; null when it has none. */
  first: number | null;
  last: number | null;
  /** What the bundle says that it was asked for; null where it doesn't say. */
  asked: BundleQuestion | null;
  missing: MissingRecords;
  /** Checkpoints signed by a trusted key. */
  checkpoints: number;
  /** Checkpoints that only keys signed which aren't trusted, such as retired ones; the tree agrees with them. */
  unverifiedCheckpoints: number;
  /** Kept checkpoints that the bundle agrees with. */
  keptCheckpoints: number;
  /** The trusted keys that signed the last checkpoint, as `name+id+key`. */
  signedBy: readonly string[];
}

/** Records of the log that a bundle has only the hashes of. */
export interface MissingRecords {
  count: number;
  /** Where they lie, by place; the first MAX_MISSING_RANGES of them. */
  ranges: readonly LeafRange[];
}

/** The first position that doesn't hold. */
export interface BundleFails {
  holds: false;
  /** From 1 on. */
  line: number;
  /** The places in the log that the fault is in; null where it is in none of them. */
  range: LeafRange | null;
  reason: BundleFault;
  /** Half a sentence for people; may quote the bundle. */
  detail: string;
}

export type BundleVerdict = BundleHolds | BundleFails;

/** Thrown at the first fault; verifyBundle adds the line. */
export class BundleRefused extends Error {
  constructor(
    readonly reason: BundleFault,
    detail: string,
    readonly range: LeafRange | null = null,
  ) {
    super(detail);
    this.name = 'BundleRefused';
  }
}
