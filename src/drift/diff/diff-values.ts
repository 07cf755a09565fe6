import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, join, member } from '../normalise/json-members.js';
import { type PathRule, pathRulesOf, step } from '../normalise/path-patterns.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import type { ValueChange } from '../snapshot/snapshot.types.js';

/**
 * What differs between two objects in normal form, one change per path, in the order of the paths' names. At a set's path
 * `before` holds the elements removed and `after` those added (both always arrays). A member of a keyed list that came or
 * went is one change with its whole value; any other object that came or went is compared with an empty one, so that every
 * setting has its own path whether or not its neighbours are new.
 */
export function diffValues(before: JsonObject, after: JsonObject, definition: ResourceTypeDefinition): ValueChange[] {
  const changes: ValueChange[] = [];
  compareMembers(before, after, '', [pathRulesOf(definition)], changes);
  return changes;
}

function compareMembers(
  before: JsonObject,
  after: JsonObject,
  path: string,
  rules: PathRule[],
  changes: ValueChange[],
) {
  const keyed = rules.some((rule) => rule.keyedBy);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of [...names].sort()) {
    const was = member(before, name);
    const is = member(after, name);
    const below = join(path, name);
    if (keyed && (was === undefined || is === undefined)) changes.push({ path: below, before: was, after: is });
    else compare(was, is, below, step(rules, name), changes);
  }
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  rules: PathRule[],
  changes: ValueChange[],
): void {
  if (Array.isArray(before) || Array.isArray(after)) {
    compareSets(before, after, path, changes);
  } else if ((isObject(before) || before === undefined) && (isObject(after) || after === undefined)) {
    compareMembers(before ?? {}, after ?? {}, path, rules, changes);
  } else if (isObject(before) || isObject(after)) {
    if (before === undefined || after === undefined || !sameText(before, after)) changes.push({ path, before, after });
  } else if (before !== after) {
    changes.push({ path, before, after });
  }
}

/** An exporter that writes an array of one as its element makes no difference here. */
function compareSets(before: Json | undefined, after: Json | undefined, path: string, changes: ValueChange[]): void {
  const was = elements(before);
  const is = elements(after);
  const removed = [...was.keys()].filter((text) => !is.has(text));
  const added = [...is.keys()].filter((text) => !was.has(text));
  if (removed.length === 0 && added.length === 0) return;
  changes.push({ path, before: valuesOf(was, removed), after: valuesOf(is, added) });
}

function elements(value: Json | undefined): Map<string, Json> {
  if (value === undefined) return new Map();
  return new Map((Array.isArray(value) ? value : [value]).map((element) => [canonicalJson(element), element]));
}

function valuesOf(elements: Map<string, Json>, texts: string[]): Json[] {
  return texts.sort().map((text) => elements.get(text) ?? null);
}

function sameText(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
