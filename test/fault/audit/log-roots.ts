import { createHash } from 'node:crypto';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** RFC 8785 for what records hold: whole numbers, texts, lists, objects. */
export function jcs(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jcs(member)}`).join(',')}}`;
}

export function leafOf(bytes: string): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(bytes, 'utf8').digest();
}

/**
 * RFC 9162 2.1.1 by its words: the tree over the first half, which is the largest power of two, and the rest.
 *
 * @param known roots of complete subtrees that were computed before, by their place
 */
export function rootOf(
  leaves: readonly Buffer[],
  from = 0,
  to = leaves.length,
  known = new Map<string, Buffer>(),
): Buffer {
  const count = to - from;
  if (count === 0) return createHash('sha256').digest();
  if (count === 1) return leaves[from] ?? Buffer.alloc(0);
  const place = `${from} ${to}`;
  const before = known.get(place);
  if (before !== undefined) return before;
  let half = 1;
  while (half * 2 < count) half *= 2;
  const left = rootOf(leaves, from, from + half, known);
  const right = rootOf(leaves, from + half, to, known);
  const root = createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
  if (half * 2 === count) known.set(place, root);
  return root;
}
