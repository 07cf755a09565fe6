import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember, tokensOf } from '../normalise/json-members.js';

/** What one change did to an object, by the path in its normal form. */
export interface PathChange {
  path: string;
  before: Json;
  after: Json;
}

/** An object of the normal form with these changes undone, and nothing else. Pure; the argument stays as it is. */
export function restoredValue(value: JsonObject, changes: PathChange[]): JsonObject {
  const out = structuredClone(value);
  for (const { path, before, after } of changes) place(out, tokensOf(path), before, after);
  return out;
}

/** @returns whether anything is left at this level: in the normal form what is empty is missing */
function place(here: JsonObject, tokens: string[], before: Json, after: Json): boolean {
  const [name, ...rest] = tokens;
  if (name === undefined) return true;
  if (rest.length === 0) {
    const wanted = wantedAt(member(here, name), before, after);
    if (wanted === null) delete here[name];
    else setMember(here, name, wanted);
  } else {
    const below = member(here, name);
    const inner: JsonObject = isObject(below) ? below : {};
    if (place(inner, rest, before, after)) setMember(here, name, inner);
    else delete here[name];
  }
  return Object.keys(here).length > 0;
}

/** At a set's path a change holds the elements that went and came, and not the set. */
function wantedAt(now: Json | undefined, before: Json, after: Json): Json {
  if (!Array.isArray(before) || !Array.isArray(after)) return before;
  const elements = new Map(
    (Array.isArray(now) ? now : now === undefined ? [] : [now]).map((element) => [canonicalJson(element), element]),
  );
  for (const element of after) elements.delete(canonicalJson(element));
  for (const element of before) elements.set(canonicalJson(element), element);
  return elements.size === 0 ? null : [...elements.keys()].sort().map((text) => elements.get(text) ?? null);
}
