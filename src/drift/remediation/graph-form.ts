import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember } from '../normalise/json-members.js';
import { type PathRule, pathRulesOf, step } from '../normalise/path-patterns.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';

/** An object of the normal form as Graph takes it, without what the normal form leaves out. Pure. */
export function graphForm(definition: ResourceTypeDefinition, value: JsonObject): JsonObject {
  const out = unfolded(value, [pathRulesOf(definition)]);
  return isObject(out) ? out : {};
}

/** Keyed lists are lists again, sets of words texts again. */
function unfolded(value: Json, rules: PathRule[]): Json {
  const separator = rules.find((rule) => rule.separator)?.separator;
  if (separator !== undefined && Array.isArray(value)) return value.join(separator);
  if (Array.isArray(value)) return value.map((element) => unfolded(element, step(rules, '*')));
  if (!isObject(value)) return value;
  if (rules.some((rule) => rule.keyedBy)) {
    return Object.entries(value).map(([key, element]) => bare(unfolded(element, step(rules, key))));
  }
  const out: JsonObject = {};
  for (const [name, content] of Object.entries(value)) setMember(out, name, unfolded(content, step(rules, name)));
  return out;
}

/** An element of a keyed list that is a text was wrapped, because only objects have members. */
function bare(element: Json): Json {
  const inner = member(element, 'value');
  return isObject(element) && Object.keys(element).length === 1 && typeof inner === 'string' ? inner : element;
}

/** What Graph is sent for a place that has nothing in the baseline. */
export function emptyAt(definition: ResourceTypeDefinition, tokens: string[], drifted: Json): Json {
  let rules = [pathRulesOf(definition)];
  for (const token of tokens) rules = step(rules, token);
  const byDefault = rules.find((rule) => rule.default !== undefined)?.default;
  if (byDefault !== undefined) return byDefault;
  if (rules.some((rule) => rule.separator)) return '';
  if (rules.some((rule) => rule.set || rule.keyedBy) || Array.isArray(drifted)) return [];
  return null;
}
