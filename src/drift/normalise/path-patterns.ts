import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { tokensOf } from './json-members.js';

/** What the definition of a type says of one place in its objects. */
export interface PathRule {
  literal: Map<string, PathRule>;
  any: PathRule | null;
  ignore?: true;
  set?: true;
  keyedBy?: string[];
  separator?: ',' | ' ';
  default?: boolean | number | string;
  /** Spelling that Graph documents, by its lower case. */
  spelling?: Map<string, string>;
}

const compiled = new WeakMap<ResourceTypeDefinition, PathRule>();

/** The path lists of a definition as one tree, built once per definition. */
export function pathRulesOf(definition: ResourceTypeDefinition): PathRule {
  let root = compiled.get(definition);
  if (root === undefined) {
    root = compile(definition);
    compiled.set(definition, root);
  }
  return root;
}

/** The rules that hold one level below: a literal member and `*` may both apply. */
export function step(rules: PathRule[], token: string): PathRule[] {
  const next: PathRule[] = [];
  for (const rule of rules) {
    const literal = rule.literal.get(token);
    if (literal !== undefined) next.push(literal);
    if (rule.any !== null) next.push(rule.any);
  }
  return next;
}

/** Whether a pointer is at or below a pattern in which `*` stands for any one token. */
export function isCovered(pointer: string, pattern: string): boolean {
  const path = tokensOf(pointer);
  const wanted = tokensOf(pattern);
  return wanted.length <= path.length && wanted.every((token, i) => token === '*' || token === path[i]);
}

/** Whether a pointer is exactly a pattern. */
export function isMatch(pointer: string, pattern: string): boolean {
  return isCovered(pointer, pattern) && tokensOf(pointer).length === tokensOf(pattern).length;
}

function compile(definition: ResourceTypeDefinition): PathRule {
  const root = emptyRule();
  for (const path of definition.ignore) place(root, path).ignore = true;
  for (const path of definition.sets) place(root, path).set = true;
  for (const { path, by } of definition.keyedLists) place(root, path).keyedBy = typeof by === 'string' ? [by] : by;
  for (const { path, separator } of definition.delimitedSets) place(root, path).separator = separator;
  for (const { path, value } of definition.defaults) place(root, path).default = value;
  for (const { path, values } of definition.spellings ?? []) {
    place(root, path).spelling = new Map(values.map((value) => [value.toLowerCase(), value]));
  }
  return root;
}

function place(root: PathRule, pattern: string): PathRule {
  let here = root;
  for (const token of tokensOf(pattern)) {
    if (token === '*') {
      here.any ??= emptyRule();
      here = here.any;
    } else {
      let next = here.literal.get(token);
      if (next === undefined) {
        next = emptyRule();
        here.literal.set(token, next);
      }
      here = next;
    }
  }
  return here;
}

function emptyRule(): PathRule {
  return { literal: new Map(), any: null };
}
