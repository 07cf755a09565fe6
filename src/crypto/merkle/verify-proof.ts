import { isTreeSize } from './subtrees.js';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './tree-hash.js';

export interface InclusionClaim {
  leafIndex: number;
  size: number;
  leafHash: Buffer;
  path: readonly Buffer[];
  root: Buffer;
}

export interface ConsistencyClaim {
  oldSize: number;
  newSize: number;
  oldRoot: Buffer;
  newRoot: Buffer;
  path: readonly Buffer[];
}

/** Whether a leaf is at its place in the tree of that root (RFC 9162 2.1.3.2). A path of another length never holds. */
export function verifyInclusion({ leafIndex, size, leafHash, path, root }: InclusionClaim): boolean {
  if (!isTreeSize(size) || !isTreeSize(leafIndex) || leafIndex >= size) return false;
  if (!areHashes([leafHash, root, ...path])) return false;
  let [fn, sn, r] = [leafIndex, size - 1, leafHash];
  for (const p of path) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      r = nodeHash(p, r);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && r.equals(root);
}

/** Whether the tree of the new root begins with the tree of the old one (RFC 9162 2.1.4.2). */
export function verifyConsistency({ oldSize, newSize, oldRoot, newRoot, path }: ConsistencyClaim): boolean {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot, ...path])) return false;
  if (oldSize === newSize) return path.length === 0 && oldRoot.equals(newRoot);
  if (oldSize === 0) return path.length === 0 && oldRoot.equals(EMPTY_ROOT);
  let [fn, sn] = [oldSize - 1, newSize - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  // An old tree of 2^n leaves is a subtree of the new: its own root is where the path starts.
  const [start, ...rest] = fn === 0 ? [oldRoot, ...path] : path;
  if (start === undefined || path.length === 0) return false;
  let [fr, sr] = [start, start];
  for (const c of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && fr.equals(oldRoot) && sr.equals(newRoot);
}

function areHashes(hashes: readonly Buffer[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
