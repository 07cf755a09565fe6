import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember, tokensOf } from '../normalise/json-members.js';
import type { ValueChange } from '../snapshot/snapshot.types.js';

/**
 * A value in normal form after some of the changes that a comparison found in it: what `diffValues` takes apart, put together
 * again. Members that become empty are gone, as everywhere in the normal form. Pure; `value` stays as it is.
 */
export function applyChanges(value: JsonObject, changes: readonly ValueChange[]): JsonObject {
  let result: JsonObject = value;
  for (const change of changes) {
    const next = changed(result, tokensOf(change.path), change);
    result = isObject(next) ? next : {};
  }
  return result;
}

function changed(here: Json | undefined, tokens: string[], change: ValueChange): Json | undefined {
  const [name, ...rest] = tokens;
  if (name === undefined) return valueAfter(here, change);
  const copy: JsonObject = {};
  let isEmpty = true;
  const keep = (other: string, value: Json) => {
    setMember(copy, other, value);
    isEmpty = false;
  };
  if (isObject(here)) for (const other of Object.keys(here)) if (other !== name) keep(other, here[other] ?? null);
  const below = changed(member(here, name), rest, change);
  if (below !== undefined) keep(name, below);
  return isEmpty ? undefined : copy;
}

function valueAfter(here: Json | undefined, { before, after }: ValueChange): Json | undefined {
  if (!Array.isArray(before) && !Array.isArray(after)) return after ?? undefined;
  const elements = new Map((here === undefined ? [] : asList(here)).map((one) => [canonicalJson(one), one]));
  for (const gone of asList(before ?? [])) elements.delete(canonicalJson(gone));
  for (const come of asList(after ?? [])) elements.set(canonicalJson(come), come);
  if (elements.size === 0) return undefined;
  return [...elements.keys()].sort().map((text) => elements.get(text) ?? null);
}

function asList(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}
