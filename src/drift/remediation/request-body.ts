import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, join, member, setMember, tokensOf } from '../normalise/json-members.js';
import { isCovered, isMatch, pathRulesOf, step } from '../normalise/path-patterns.js';
import type { RemediedObject, ThroughGraph } from '../resource-types/remediation-way.types.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { emptyAt } from './graph-form.js';
import type { PathChange } from './restored-value.js';

export interface WrittenBody {
  body: JsonObject;
  /** Places beyond what drifted that are written with it; `''` for the object. */
  whole: string[];
}

/** Only what drifted, up to the nearest place that Graph takes whole. Pure. */
export function updateBody(
  definition: ResourceTypeDefinition,
  way: ThroughGraph,
  object: RemediedObject,
  changes: PathChange[],
): WrittenBody {
  const wholes = way.update?.whole ?? [];
  if (wholes.includes('')) return { body: withoutReadOnly(way, object.graph), whole: [''] };
  const body: JsonObject = {};
  const whole = new Set<string>();
  for (const { path, after } of changes) {
    const pointer = writtenAt(definition, wholes, object.value, path);
    if (pointer !== path && wholes.some((pattern) => isMatch(pointer, pattern))) whole.add(pointer);
    const otherwise = emptyAt(definition, tokensOf(pointer), pointer === path ? after : null);
    copyAt(body, object.graph, tokensOf(pointer), otherwise);
  }
  return { body, whole: [...whole] };
}

/** Everything that Graph takes of an object that it makes; `separate` are places with requests of their own. Pure. */
export function creationBody(way: ThroughGraph, { key, graph }: RemediedObject, separate: string[]): JsonObject {
  const { keyMember, members } = way.create ?? {};
  const body: JsonObject = keyMember === undefined ? {} : { [keyMember]: key };
  for (const [name, content] of Object.entries(graph)) {
    if (members !== undefined && !members.includes(name) && name !== '@odata.type') continue;
    const pointer = join('', name);
    if (!isReadOnly(way, pointer) && !separate.includes(pointer)) setMember(body, name, content);
  }
  return body;
}

export function withoutReadOnly(way: ThroughGraph, graph: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(graph).filter(([name]) => !isReadOnly(way, join('', name))));
}

export function isReadOnly(way: ThroughGraph, pointer: string): boolean {
  return (way.readOnly ?? []).some((pattern) => isCovered(pointer, pattern));
}

/** Where a change is written: the path itself, or the list or whole member that it lies in; nothing below what is missing. */
function writtenAt(definition: ResourceTypeDefinition, wholes: string[], value: JsonObject, path: string): string {
  let rules = [pathRulesOf(definition)];
  let pointer = '';
  for (const token of tokensOf(path)) {
    pointer = join(pointer, token);
    rules = step(rules, token);
    if (wholes.some((pattern) => isMatch(pointer, pattern))) break;
    if (rules.some((rule) => rule.keyedBy || rule.set || rule.separator)) break;
    if (at(value, pointer) === undefined) break;
  }
  return pointer;
}

/** Copies one place, with the names of the classes of all that it lies in. */
function copyAt(target: JsonObject, source: JsonObject, tokens: string[], otherwise: Json): void {
  const type = source['@odata.type'];
  if (type !== undefined) target['@odata.type'] = type;
  const [name, ...rest] = tokens;
  if (name === undefined) return;
  const found = member(source, name);
  if (rest.length === 0) {
    setMember(target, name, found ?? otherwise);
    return;
  }
  const below = member(target, name);
  const inner: JsonObject = isObject(below) ? below : {};
  copyAt(inner, isObject(found) ? found : {}, rest, otherwise);
  setMember(target, name, inner);
}
