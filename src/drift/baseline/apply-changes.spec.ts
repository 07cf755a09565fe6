import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { diffValues } from '../diff/diff-values.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { applyChanges } from './apply-changes.js';

const APPLICATION = RESOURCE_TYPE_CATALOGUE.application;

/** The same numbers at every run (Park and Miller). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const NAMES = ['a', 'b', 'passwordCredentials', 'web', '__proto__', 'x/y', 'm~n', 'constructor'];

function anyValue(pick: (below: number) => number, depth: number): Json {
  const kind = pick(depth > 3 ? 3 : 6);
  if (kind === 0) return pick(2) === 0;
  if (kind === 1) return pick(5);
  if (kind === 2) return ['p', 'q', 'r'][pick(3)] ?? 'p';
  if (kind === 3) return Array.from({ length: pick(4) }, () => anyValue(pick, depth + 2));
  return anyObject(pick, depth + 1);
}

function anyObject(pick: (below: number) => number, depth: number): JsonObject {
  const entries = Array.from({ length: pick(5) }, () => [NAMES[pick(NAMES.length)], anyValue(pick, depth)] as const);
  return Object.fromEntries(entries) as JsonObject;
}

function normal(raw: JsonObject): JsonObject {
  return (normaliseValue(raw, [pathRulesOf(APPLICATION)]) ?? {}) as JsonObject;
}

describe('changes that are put together again', () => {
  it('give, all of them, a value that no comparison tells from the other', () => {
    const pick = numbers(26);
    let changes = 0;
    for (let round = 0; round < 800; round += 1) {
      const [before, after] = [normal(anyObject(pick, 0)), normal(anyObject(pick, 0))];
      const found = diffValues(before, after, APPLICATION);
      changes += found.length;
      expect(diffValues(applyChanges(before, found), after, APPLICATION)).toEqual([]);
    }
    expect(changes).toBeGreaterThan(800);
  });

  it('give, some of them, exactly these and nothing else', () => {
    const pick = numbers(11);
    for (let round = 0; round < 600; round += 1) {
      const [before, after] = [normal(anyObject(pick, 0)), normal(anyObject(pick, 0))];
      const some = diffValues(before, after, APPLICATION).filter(() => pick(2) === 0);
      expect(diffValues(before, applyChanges(before, some), APPLICATION)).toEqual(some);
    }
  });

  it('leave the value that they are applied to as it was', () => {
    const before = normal({ a: { b: 'p' }, tags: ['x'] });
    const text = JSON.stringify(before);
    applyChanges(before, [
      { path: '/a/b', before: 'p', after: undefined },
      { path: '/tags', before: ['x'], after: ['y'] },
    ]);
    expect(JSON.stringify(before)).toBe(text);
  });
});
