import { hash } from 'node:crypto';

export const HASH_BYTES = 32;
/** The root of the tree without leaves: SHA-256 of nothing (RFC 9162 2.1.1). */
export const EMPTY_ROOT = hash('sha256', '', 'buffer');

/** Domain separation of RFC 9162 2.1.1: a node can't be passed off as a leaf, nor a leaf as a node. */
const LEAF = 0x00;
const NODE = 0x01;
/** Longer records get a buffer of their own, so that one of them doesn't keep its memory for good. */
const KEPT_BYTES = 64 * 1024;
const leafInput = Buffer.alloc(1 + KEPT_BYTES, LEAF);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

/** SHA-256(0x00 || record). */
export function leafHash(record: Uint8Array): Buffer {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  return Buffer.from(hash('sha256', leafInputOf(bytes, 0, bytes.length), 'binary'), 'latin1');
}

/** leafHash of the bytes [start, end) as base64, which is how evidence writes it. */
export function leafHashText(bytes: Buffer, start: number, end: number): string {
  return hash('sha256', leafInputOf(bytes, start, end), 'base64');
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  const node = Buffer.allocUnsafe(HASH_BYTES);
  hashNode(left, 0, right, 0, node, 0);
  return node;
}

/**
 * nodeHash of two hashes in the middle of buffers, written into the middle of another (or of the same): nothing is allocated.
 * The digest comes over as text of one byte a character, which costs a third of what a Buffer of node's costs.
 */
export function hashNode(left: Buffer, leftAt: number, right: Buffer, rightAt: number, into: Buffer, at: number): void {
  left.copy(nodeInput, 1, leftAt, leftAt + HASH_BYTES);
  right.copy(nodeInput, 1 + HASH_BYTES, rightAt, rightAt + HASH_BYTES);
  into.write(hash('sha256', nodeInput, 'binary'), at, HASH_BYTES, 'latin1');
}

/** The root over the `count` hashes at the front of `hashes`, a power of two of them; overwrites them as it goes. */
export function foldInPlace(hashes: Buffer, count: number): Buffer {
  for (let left = count / 2; left >= 1; left /= 2) {
    for (let i = 0; i < left; i++) {
      hashNode(hashes, 2 * i * HASH_BYTES, hashes, (2 * i + 1) * HASH_BYTES, hashes, i * HASH_BYTES);
    }
  }
  return hashes.subarray(0, HASH_BYTES);
}

function leafInputOf(bytes: Buffer, start: number, end: number): Buffer {
  const length = end - start;
  const input = length <= KEPT_BYTES ? leafInput.subarray(0, 1 + length) : Buffer.alloc(1 + length, LEAF);
  bytes.copy(input, 1, start, end);
  return input;
}
