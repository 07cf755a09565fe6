import { isTreeSize } from '../../crypto/merkle/subtrees.js';
import type { GivenConsistency, GivenInclusion } from './verify-proof.js';

/** A path through a tree of 2^53 leaves is shorter, and so are the proofs of its growth. */
const MAX_HASHES = 128;
const HASH = /^[A-Za-z\d+/]{43}=$/;

export type ParsedProof =
  | { kind: 'inclusion'; proof: GivenInclusion }
  | { kind: 'consistency'; proof: GivenConsistency };

/** Reads a proof as the API answers it. @returns null for what is none */
export function parseProof(text: string): ParsedProof | null {
  const value = objectOf(text);
  if (value === null) return null;
  const { leafIndex, treeSize, hashes, record, checkpoint, first, second, firstCheckpoint, secondCheckpoint } = value;
  if (!Array.isArray(hashes) || hashes.length > MAX_HASHES || !hashes.every(isHash)) return null;
  if (isTreeSize(leafIndex) && typeof record === 'string' && typeof checkpoint === 'string') {
    if (treeSize !== undefined && !isTreeSize(treeSize)) return null;
    return { kind: 'inclusion', proof: { leafIndex, hashes, record, checkpoint } };
  }
  if (!isTreeSize(first) || !isTreeSize(second) || !isNote(firstCheckpoint) || !isNote(secondCheckpoint)) return null;
  return { kind: 'consistency', proof: { first, second, hashes, firstCheckpoint, secondCheckpoint } };
}

function objectOf(text: string): Partial<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // A bundle is a JSON object a line, which is none as a whole.
    return null;
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

function isNote(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
