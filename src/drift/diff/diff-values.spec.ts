import fc from 'fast-check';
import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, setMember, tokensOf } from '../normalise/json-members.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ValueChange } from '../snapshot/snapshot.types.js';
import { diffValues } from './diff-values.js';

const { application, conditionalAccessPolicy } = RESOURCE_TYPE_CATALOGUE;

const text = fc.constantFrom('a', 'b', 'c', '__proto__', 'a/b', 'm~n');
const value: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      signInAudience: text,
      tags: fc.array(text),
      web: fc.record({ redirectUris: fc.array(text), logoutUrl: text }, { requiredKeys: [] }),
      passwordCredentials: fc.array(fc.record({ keyId: text, displayName: text }, { requiredKeys: ['keyId'] })),
      requiredResourceAccess: fc.array(
        fc.record({ resourceAppId: text, resourceAccess: fc.array(fc.record({ id: text, type: text })) }),
      ),
      other: fc.dictionary(text, fc.oneof(fc.integer(), fc.boolean(), text)),
    },
    { requiredKeys: [] },
  )
  .map((raw) => {
    const normal = normaliseValue(raw as JsonObject, [pathRulesOf(application)]);
    return isObject(normal) ? normal : {};
  });

describe('the differences of two values', () => {
  test('are none exactly when the canonical texts are equal', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(diffValues(a, b, application).length === 0).toBe(canonicalJson(a) === canonicalJson(b));
        expect(diffValues(a, structuredClone(a), application)).toEqual([]);
      }),
    );
  });

  test('are the same seen from the other side, with before and after exchanged', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const back = diffValues(b, a, application).map(({ path, before, after }) => ({
          path,
          before: after,
          after: before,
        }));
        expect(back).toEqual(diffValues(a, b, application));
      }),
    );
  });

  test('turn the one into the other when applied', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(canonicalJson(applied(a, diffValues(a, b, application)))).toBe(canonicalJson(b));
      }),
    );
  });

  test('have one path each', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const paths = diffValues(a, b, application).map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });
});

/** The inverse of diffing, in normal form: sets by their elements, members by name, what became empty taken out. */
function applied(before: JsonObject, changes: ValueChange[]): Json {
  const copy = rebuilt(before);
  for (const { path, before: was, after: is } of changes) {
    const tokens = tokensOf(path);
    const name = tokens.pop() ?? '';
    let parent = copy;
    for (const token of tokens) {
      const next = Object.hasOwn(parent, token) ? parent[token] : undefined;
      if (!isObject(next)) setMember(parent, token, {});
      parent = parent[token] as JsonObject;
    }
    const isSet = Array.isArray(was) || Array.isArray(is);
    const old = Object.hasOwn(parent, name) ? parent[name] : undefined;
    if (isSet) setMember(parent, name, merged(old, was, is));
    else if (is === undefined) delete parent[name];
    else setMember(parent, name, is);
  }
  return normaliseValue(copy, [pathRulesOf(application)]) ?? {};
}

function merged(old: Json | undefined, removed: Json | undefined, added: Json | undefined): Json[] {
  const gone = new Set((removed as Json[]).map((one) => canonicalJson(one)));
  return [...((old ?? []) as Json[]).filter((one) => !gone.has(canonicalJson(one))), ...(added as Json[])];
}

function rebuilt(value: JsonObject): JsonObject {
  return JSON.parse(canonicalJson(value));
}

describe('paths', () => {
  test('a set is one change, at its path, with the elements that went and came', () => {
    const before = { conditions: { users: { excludeUsers: ['a', 'b'] } } };
    const after = { conditions: { users: { excludeUsers: ['b', 'c'] } } };
    expect(diffValues(before, after, conditionalAccessPolicy)).toEqual([
      { path: '/conditions/users/excludeUsers', before: ['a'], after: ['c'] },
    ]);
  });

  test('a set that is new has an empty list before it', () => {
    expect(diffValues({}, { tags: ['a'] }, application)).toEqual([{ path: '/tags', before: [], after: ['a'] }]);
  });

  test('a member of a keyed list has its key in the path and comes whole', () => {
    const before = { passwordCredentials: { k1: { keyId: 'k1', displayName: 'x' } } };
    const after = { passwordCredentials: { k1: { keyId: 'k1', displayName: 'y' }, 'k/2': { keyId: 'k/2' } } };
    expect(diffValues(before, after, application)).toEqual([
      { path: '/passwordCredentials/k~12', before: undefined, after: { keyId: 'k/2' } },
      { path: '/passwordCredentials/k1/displayName', before: 'x', after: 'y' },
    ]);
  });

  test('every setting of a new group of settings has its own path', () => {
    const after = { sessionControls: { signInFrequency: { value: 1, type: 'days' } } };
    expect(diffValues({}, after, conditionalAccessPolicy).map(({ path }) => path)).toEqual([
      '/sessionControls/signInFrequency/type',
      '/sessionControls/signInFrequency/value',
    ]);
  });

  test('a list of one and its only element are the same', () => {
    const element = { cidrAddress: '192.0.2.0/24' };
    expect(diffValues({ ranges: [element] }, { ranges: element }, conditionalAccessPolicy)).toEqual([]);
  });
});
