import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember } from './json-members.js';
import { normaliseDate } from './normalise-date.js';
import { type PathRule, step } from './path-patterns.js';

/** Deeper than anything that Graph sends; past it an object is refused rather than cut. */
export const MAX_DEPTH = 100;

/** A tenant's object that can't be brought into normal form; the message is for people. */
export class UnreadableObjectError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableObjectError';
  }
}

const DATE_MEMBER = /(?:DateTime|Date)$/i;

/**
 * The normal form of a value: null, '', [] and {} mean missing; annotations are gone; instants have one spelling; an array
 * is a set (sorted, without doubles) unless the type says by which member its elements are keyed. Applying it twice changes
 * nothing.
 *
 * @throws UnreadableObjectError when the value nests deeper than MAX_DEPTH
 */
export function normaliseValue(value: Json, rules: PathRule[], name = '', depth = 0): Json | undefined {
  if (depth > MAX_DEPTH) throw new UnreadableObjectError(`it nests deeper than ${MAX_DEPTH} levels`);
  if (value === null || rules.some((rule) => rule.ignore)) return undefined;
  const keyedBy = rules.find((rule) => rule.keyedBy)?.keyedBy;
  if (keyedBy !== undefined) return keyedMembers(value, rules, keyedBy, depth);
  const separator = rules.find((rule) => rule.separator)?.separator;
  if (separator !== undefined) return delimitedSet(value, rules, separator, depth);
  if (Array.isArray(value)) return sortedSet(value, rules, name, depth);
  // Exporters written in PowerShell turn an array of one into its element.
  if (rules.some((rule) => rule.set)) return sortedSet([value], rules, name, depth);
  if (typeof value === 'object') return members(value, rules, depth, true);
  const scalar = typeof value === 'string' ? normaliseText(value, rules, name) : value;
  return scalar === undefined || rules.some((rule) => rule.default === scalar) ? undefined : scalar;
}

function normaliseText(value: string, rules: PathRule[], name: string): string | undefined {
  if (value === '') return undefined;
  if (DATE_MEMBER.test(name)) return normaliseDate(value) ?? undefined;
  const spelling = rules.find((rule) => rule.spelling)?.spelling;
  return spelling?.get(value.toLowerCase()) ?? value;
}

function members(
  value: JsonObject,
  rules: PathRule[],
  depth: number,
  dropAnnotations: boolean,
): JsonObject | undefined {
  const out: JsonObject = {};
  let empty = true;
  for (const name of Object.keys(value)) {
    if (dropAnnotations && isAnnotation(name)) continue;
    const normal = normaliseValue(value[name] ?? null, step(rules, name), name, depth + 1);
    if (normal === undefined) continue;
    setMember(out, name, normal);
    empty = false;
  }
  return empty ? undefined : out;
}

/** OData control information and bound actions (OData JSON Format 4.01, 4.5): they say how something was asked, not what is. */
function isAnnotation(name: string): boolean {
  return name.includes('@odata.') || name.startsWith('#microsoft.graph.');
}

function sortedSet(value: Json[], rules: PathRule[], name: string, depth: number): Json[] | undefined {
  const spelling = rules.find((rule) => rule.spelling);
  const below = step(rules, '*');
  if (spelling !== undefined) below.push({ literal: new Map(), any: null, spelling: spelling.spelling });
  const byText = new Map<string, Json>();
  for (const element of value) {
    const normal = normaliseValue(element, below, name, depth + 1);
    if (normal !== undefined) byText.set(canonicalJson(normal), normal);
  }
  if (byText.size === 0) return undefined;
  return [...byText.keys()].sort().map((key) => byText.get(key) ?? null);
}

function delimitedSet(value: Json, rules: PathRule[], separator: string, depth: number): Json[] | undefined {
  const parts = (Array.isArray(value) ? value : [value]).flatMap((element): Json[] =>
    typeof element === 'string' ? element.split(separator).map((part) => part.trim()) : [element],
  );
  return sortedSet(parts, rules, '', depth);
}

function keyedMembers(value: Json, rules: PathRule[], by: string[], depth: number): JsonObject | undefined {
  if (isObject(value) && !by.every((name) => isScalar(member(value, name)))) return members(value, rules, depth, false);
  const entries: { key: string | null; text: string; value: Json }[] = [];
  for (const element of Array.isArray(value) ? value : [value]) {
    const key = keyOf(element, by);
    const rulesBelow = step(rules, key ?? '');
    const normal = normaliseValue(isObject(element) ? element : { value: element }, rulesBelow, '', depth + 1);
    if (normal !== undefined) entries.push({ key, text: canonicalJson(normal), value: normal });
  }
  if (entries.length === 0) return undefined;
  return distinctMembers(entries);
}

/** Elements that share a key, or have none, get one that depends on their content only, never on their position. */
function distinctMembers(entries: { key: string | null; text: string; value: Json }[]): JsonObject {
  const out: JsonObject = {};
  entries.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  let previous = '';
  for (const { key, text, value } of entries) {
    const same = text === previous;
    previous = text;
    if (same) continue;
    const wanted = key ?? text.slice(0, 80);
    let name = wanted;
    for (let n = 2; Object.hasOwn(out, name); n++) name = `${wanted}#${n}`;
    setMember(out, name, value);
  }
  return out;
}

function keyOf(element: Json, by: string[]): string | null {
  if (typeof element === 'string') return element;
  const parts = by.map((name) => member(element, name)).filter(isScalar);
  return parts.length === by.length ? parts.join('|') : null;
}

function isScalar(value: Json | undefined): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}
