import { isUtf8 } from 'node:buffer';
import { isTreeSize } from '../../crypto/merkle/subtrees.js';
import type { GivenConsistency, GivenInclusion } from './verify-proof.js';

/** A path through a tree of 2^53 leaves is shorter, and so are the proofs of its growth. */
const MAX_HASHES = 128;
const HASH = /^[A-Za-z\d+/]{43}=$/;

const INCLUSION = ['leafIndex', 'treeSize', 'leafHash', 'record', 'checkpoint'];
const CONSISTENCY = ['first', 'second', 'firstCheckpoint', 'secondCheckpoint'];

export type ParsedProof =
  | { kind: 'inclusion'; proof: GivenInclusion }
  | { kind: 'consistency'; proof: GivenConsistency }
  /** It is one to some readers and another to others. */
  | { kind: 'ambiguous'; detail: string };

/** Reads a proof as the API answers it. @returns null for what is none */
export function parseProof(bytes: Buffer): ParsedProof | null {
  const text = bytes.toString('utf8');
  const value = objectOf(text);
  if (value === null) return null;
  const parsed = proofOf(value);
  if (parsed === null) return null;
  if (!isUtf8(bytes)) return { kind: 'ambiguous', detail: 'it is not UTF-8' };
  const twice = memberTwice(text);
  if (twice !== null) return { kind: 'ambiguous', detail: `it has ${twice} twice` };
  const isBoth = INCLUSION.some((name) => name in value) && CONSISTENCY.some((name) => name in value);
  return isBoth ? { kind: 'ambiguous', detail: 'it is one of inclusion and one of consistency' } : parsed;
}

function proofOf(value: Partial<Record<string, unknown>>): ParsedProof | null {
  const {
    leafIndex,
    treeSize,
    leafHash,
    hashes,
    record,
    checkpoint,
    first,
    second,
    firstCheckpoint,
    secondCheckpoint,
  } = value;
  if (!Array.isArray(hashes) || hashes.length > MAX_HASHES || !hashes.every(isHash)) return null;
  if (isTreeSize(leafIndex) && typeof record === 'string' && typeof checkpoint === 'string') {
    if (treeSize !== undefined && !isTreeSize(treeSize)) return null;
    if (leafHash !== undefined && typeof leafHash !== 'string') return null;
    return { kind: 'inclusion', proof: { leafIndex, treeSize, leafHash, hashes, record, checkpoint } };
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

/** Strings, and what opens or closes: all that matters for finding the names of members. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;

/** A name that stands twice in one object: some readers take the first of both, others the last. For text that is JSON. */
function memberTwice(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      // Some readers tell no capitals from small letters.
      const name = (JSON.parse(token.slice(0, -colon.length)) as string).toLowerCase();
      if (open.at(-1)?.has(name) === true) return JSON.stringify(name.slice(0, 100));
      open.at(-1)?.add(name);
    }
  }
  return null;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

function isNote(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
