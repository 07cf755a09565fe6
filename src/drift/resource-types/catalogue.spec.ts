import { tokensOf } from '../normalise/json-members.js';
import { RESOURCE_TYPE_CATALOGUE } from './catalogue.js';
import { RESOURCE_TYPES } from './resource-type.types.js';
import { PRIVILEGED_ROLES, TIER_ZERO_APP_ROLES, TIER_ZERO_SCOPES } from './well-known.js';

/** What isn't asked of Graph. */
const UNASKED: ReadonlySet<string> = new Set(['own', 'exported']);

describe('the catalogue', () => {
  test.each(RESOURCE_TYPES.map((type) => [type]))(
    '%s is defined under its own name, with pointers for paths',
    (type) => {
      const definition = RESOURCE_TYPE_CATALOGUE[type];
      expect(definition.type).toBe(type);
      if (UNASKED.has(definition.collect.kind)) expect(definition.permission).toBeNull();
      else expect(definition.permission).toMatch(/\.Read(\.|$)/);
      const { ignore, sets, keyedLists, defaults, delimitedSets } = definition;
      const paths = [...ignore, ...sets, ...[...keyedLists, ...defaults, ...delimitedSets].map(({ path }) => path)];
      for (const path of paths) expect(path).toMatch(/^(\/[^/]+)+$/);
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths.every((path) => tokensOf(path).length <= 5)).toBe(true);
    },
  );

  test.each(RESOURCE_TYPES.map((type) => [type]))(
    '%s says which audit activities write it, in their normal form; of our own the directory knows nothing',
    (type) => {
      const { added, modified, removed } = RESOURCE_TYPE_CATALOGUE[type].auditActivities;
      for (const name of [...added, ...modified, ...removed]) expect(name).toBe(name.trim().toLowerCase());
      const { kind } = RESOURCE_TYPE_CATALOGUE[type].collect;
      expect(added.length + modified.length + removed.length > 0).toBe(!UNASKED.has(kind));
    },
  );

  test('Graph is asked relative to the root of the API and never for secrets', () => {
    for (const type of RESOURCE_TYPES) {
      const { collect } = RESOURCE_TYPE_CATALOGUE[type];
      if (collect.kind === 'list' || collect.kind === 'singleton') expect(collect.path).toMatch(/^\/[a-zA-Z]/);
      const children = 'children' in collect ? (collect.children ?? []) : [];
      for (const child of children) expect(child.path('a/b')).toMatch(/a%2Fb/);
    }
  });

  test('the well-known lists have the sizes that their sources have', () => {
    const paths = [...TIER_ZERO_APP_ROLES.values()].map(({ path }) => path);
    expect([
      PRIVILEGED_ROLES.size,
      paths.filter((path) => path === 'direct').length,
      paths.length,
      TIER_ZERO_SCOPES.size,
    ]).toEqual([35, 8, 28, 27]);
  });
});
