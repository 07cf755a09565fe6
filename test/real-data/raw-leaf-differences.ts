import type { Json } from '../../src/crypto/canonical-json.js';
import { member } from '../../src/drift/normalise/json-members.js';

/** What a naive comparison counts: paths to leaves (arrays by position) whose values differ or that one side lacks. */
export function rawLeafDifferences(before: Json, after: Json): number {
  const was = leaves(before);
  const is = leaves(after);
  return [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path)).length;
}

/** The sum over objects that both lists have, told apart by a member. */
export function rawDifferencesOfMatched(before: Json[], after: Json[], by: string): number {
  const later = new Map(after.map((object) => [String(member(object, by)), object]));
  const earlier = new Map(before.map((object) => [String(member(object, by)), object]));
  let sum = 0;
  for (const [key, object] of earlier) {
    const match = later.get(key);
    if (match !== undefined) sum += rawLeafDifferences(object, match);
  }
  return sum;
}

function leaves(value: Json, path = '', found = new Map<string, string>()): Map<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) found.set(path, JSON.stringify(value));
  for (const [name, content] of entries) leaves(content, `${path}/${name}`, found);
  return found;
}
