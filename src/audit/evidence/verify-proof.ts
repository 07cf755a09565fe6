import { type OpenedCheckpoint, openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { EMPTY_ROOT, leafHash } from '../../crypto/merkle/tree-hash.js';
import { verifyConsistency, verifyInclusion } from '../../crypto/merkle/verify-proof.js';
import { formatVerifierKey, NoteRefused, type VerifierKey } from '../../crypto/signed-note.js';
import { describeRecord } from './describe-record.js';

/** That a record is in the log, as `GET /audit/events/{id}/proof` answers it. */
export interface GivenInclusion {
  leafIndex: number;
  /** Not needed; what is said of the size and the hash has to be so. */
  treeSize?: number | undefined;
  leafHash?: string | undefined;
  /** Base64, each in its one spelling. */
  hashes: readonly string[];
  /** Its UTF-8 bytes are hashed. */
  record: string;
  checkpoint: string;
}

/** That the log has only grown, as `GET /audit/consistency` answers it. */
export interface GivenConsistency {
  first: number;
  second: number;
  hashes: readonly string[];
  /** Null where the log wasn't signed at that size: then one that was kept has to say what its root was. */
  firstCheckpoint: string | null;
  secondCheckpoint: string | null;
}

export interface InclusionHolds {
  holds: true;
  origin: string;
  size: number;
  leafIndex: number;
  /** Kept checkpoints that the proof agrees with. */
  keptCheckpoints: number;
  signedBy: readonly string[];
}

export interface ConsistencyHolds extends Omit<InclusionHolds, 'leafIndex'> {
  /** The size of the older log. */
  first: number;
}

export interface ProofFails {
  holds: false;
  reason: string;
  detail: string;
}

export interface ProofTrust {
  trusted: readonly VerifierKey[];
  /** Notes of checkpoints that were kept outside of the log. */
  kept?: readonly string[] | undefined;
}

class ProofRefused extends Error {
  constructor(
    readonly reason: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** @throws NoteRefused when a kept checkpoint isn't one that a trusted key has signed */
export function verifyInclusionProof(proof: GivenInclusion, trust: ProofTrust): InclusionHolds | ProofFails {
  return judged(() => {
    const { leafIndex, record, checkpoint } = proof;
    const { origin, size, root, signedBy } = open(checkpoint, trust);
    const keptCheckpoints = compareKept([{ origin, size, root }], trust);
    if (!record.isWellFormed()) throw new ProofRefused('malformed-proof', 'its record has half a character');
    const bytes = Buffer.from(record, 'utf8');
    const hash = leafHash(bytes);
    if (proof.treeSize !== undefined && proof.treeSize !== size)
      throw new ProofRefused('checkpoint-misplaced', `a checkpoint of ${size} records stands for ${proof.treeSize}`);
    if (proof.leafHash !== undefined && proof.leafHash !== hash.toString('base64'))
      throw new ProofRefused('record-changed', `the record doesn't have its hash: ${describeRecord(bytes)}`);
    if (!verifyInclusion({ leafIndex, size, leafHash: hash, path: pathOf(proof), root })) {
      const detail = `the record isn't the one at place ${leafIndex} of the ${size} that were signed: ${describeRecord(bytes)}`;
      throw new ProofRefused('root-differs', detail);
    }
    return { holds: true, origin, size, leafIndex, keptCheckpoints, signedBy: signedBy.map(formatVerifierKey) };
  });
}

/** @throws NoteRefused when a kept checkpoint isn't one that a trusted key has signed */
export function verifyConsistencyProof(proof: GivenConsistency, trust: ProofTrust): ConsistencyHolds | ProofFails {
  return judged(() => {
    const { first, second } = proof;
    const newer = rootAt(second, proof.secondCheckpoint, trust);
    const empty = { ...newer, size: 0, root: EMPTY_ROOT };
    const older = first === 0 && proof.firstCheckpoint === null ? empty : rootAt(first, proof.firstCheckpoint, trust);
    if (older.origin !== newer.origin)
      throw new ProofRefused('checkpoint-other-origin', `one log is ${older.origin}, the other ${newer.origin}`);
    const keptCheckpoints = compareKept([older, newer], trust);
    const sizes = { oldSize: first, newSize: second };
    if (!verifyConsistency({ ...sizes, oldRoot: older.root, newRoot: newer.root, path: pathOf(proof) }))
      throw new ProofRefused('forked', `the log of ${second} records doesn't go on from the one of ${first}`);
    const { origin, signedBy } = newer;
    return { holds: true, origin, first, size: second, keptCheckpoints, signedBy: signedBy.map(formatVerifierKey) };
  });
}

function judged<T>(judge: () => T): T | ProofFails {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    return { holds: false, reason: error.reason, detail: error.message };
  }
}

function open(note: string, { trusted }: ProofTrust): OpenedCheckpoint {
  let opened: OpenedCheckpoint;
  try {
    opened = openCheckpoint(note, trusted);
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error;
    throw new ProofRefused('checkpoint-refused', `the checkpoint is refused: ${error.message}`);
  }
  if (opened.signedBy.length === 0) throw new ProofRefused('not-signed', 'no trusted key has signed the checkpoint');
  return opened;
}

/** What was signed at this size, by the proof's own note or by one that was kept. */
function rootAt(size: number, note: string | null, trust: ProofTrust): OpenedCheckpoint {
  const opened = note === null ? keptOf(trust).find((kept) => kept.size === size) : open(note, trust);
  if (opened === undefined)
    throw new ProofRefused(
      'not-signed',
      `no checkpoint says what the log was at ${size} records; give one that was kept`,
    );
  if (opened.size !== size)
    throw new ProofRefused('checkpoint-misplaced', `a checkpoint of ${opened.size} records stands for ${size}`);
  return opened;
}

function keptOf({ trusted, kept = [] }: ProofTrust): OpenedCheckpoint[] {
  return kept.map((note) => {
    const opened = openCheckpoint(note, trusted);
    if (opened.signedBy.length === 0) throw new NoteRefused('no trusted key has signed it');
    return opened;
  });
}

/** @returns how many there are of these sizes; they agree */
function compareKept(trees: readonly Pick<OpenedCheckpoint, 'origin' | 'size' | 'root'>[], trust: ProofTrust): number {
  let met = 0;
  const all = keptOf(trust);
  for (const kept of all) {
    for (const tree of trees) {
      if (kept.origin !== tree.origin)
        throw new ProofRefused(
          'checkpoint-other-origin',
          `the kept checkpoint is of ${kept.origin}, this is ${tree.origin}`,
        );
      if (kept.size !== tree.size) continue;
      if (!kept.root.equals(tree.root))
        throw new ProofRefused('forked', `at ${tree.size} records the log isn't the one of the kept checkpoint`);
      met += 1;
    }
  }
  if (all.length > 0 && met === 0)
    throw new ProofRefused(
      'kept-checkpoint-not-met',
      'it is about none of the sizes of the kept checkpoints; ask for one of their size',
    );
  return met;
}

function pathOf({ hashes }: { hashes: readonly string[] }): Buffer[] {
  return hashes.map((text) => {
    const hash = Buffer.from(text, 'base64');
    if (hash.toString('base64') === text) return hash;
    throw new ProofRefused('malformed-proof', "a hash isn't spelled as base64 is");
  });
}
