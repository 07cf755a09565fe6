import fc from 'fast-check';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { RESOURCE_TYPES, type ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { at } from './json-members.js';
import { normaliseObject, normaliseObjects } from './normalise-object.js';
import { MAX_DEPTH, normaliseValue } from './normalise-value.js';
import { pathRulesOf } from './path-patterns.js';

const {
  conditionalAccessPolicy,
  namedLocation,
  application,
  oauth2PermissionGrant,
  domain,
  roleDefinition,
  groupSetting,
} = RESOURCE_TYPE_CATALOGUE;

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<Json>;
/** Objects with Graph's own member names now and then, so that the paths of the types are hit. */
const names = fc.oneof(
  fc.constantFrom(
    'conditions',
    'users',
    'excludeUsers',
    'passwordCredentials',
    'keyId',
    'id',
    'name',
    'values',
    'members',
    'scope',
    'state',
  ),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty'),
  fc.string({ maxLength: 6 }),
);
const graphish = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('', 'a,b', ' x y ', '0001-01-01T00:00:00Z'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const definitions = fc.constantFrom(...RESOURCE_TYPES).map((type) => RESOURCE_TYPE_CATALOGUE[type]);
const normal = (definition: ResourceTypeDefinition, value: Json) => normaliseValue(value, [pathRulesOf(definition)]);

describe('the normal form', () => {
  test('is reached in one step, whatever the value', () => {
    fc.assert(
      fc.property(definitions, fc.oneof(json, graphish), (definition, value) => {
        const once = normal(definition, value);
        expect(once === undefined ? undefined : normal(definition, once)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  test('holds no null, empty text, empty list or empty object', () => {
    fc.assert(
      fc.property(definitions, graphish, (definition, value) => void expectNothingEmpty(normal(definition, value))),
    );
  });

  test('does not depend on the order of members or elements', () => {
    fc.assert(
      fc.property(definitions, graphish, fc.infiniteStream(fc.nat()), (definition, value, random) => {
        expect(normal(definition, shuffled(value, random))).toEqual(normal(definition, value));
      }),
    );
  });

  test('leaves Object.prototype alone', () => {
    fc.assert(fc.property(definitions, graphish, (definition, value) => void normal(definition, value)));
    normal(
      conditionalAccessPolicy,
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('keeps a member called __proto__ as an ordinary one', () => {
    const value = normal(conditionalAccessPolicy, JSON.parse('{"conditions":{"__proto__":"x"}}'));
    expect(JSON.stringify(value)).toBe('{"conditions":{"__proto__":"x"}}');
  });
});

function expectNothingEmpty(value: Json | undefined): void {
  if (value === undefined) return;
  expect(value).not.toBeNull();
  expect(value).not.toBe('');
  if (typeof value !== 'object' || value === null) return;
  expect(Object.keys(value)).not.toHaveLength(0);
  for (const member of Object.values(value)) expectNothingEmpty(member);
}

function shuffled(value: Json, random: Iterator<number>): Json {
  if (typeof value !== 'object' || value === null) return value;
  const order = <T>(items: T[]) =>
    items
      .map((item) => ({ item, rank: random.next().value ?? 0 }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  if (Array.isArray(value)) return order(value.map((item) => shuffled(item, random)));
  return Object.fromEntries(order(Object.entries(value)).map(([name, item]) => [name, shuffled(item, random)]));
}

describe('a raw object', () => {
  const hash = (definition: ResourceTypeDefinition, raw: JsonObject) =>
    normaliseObject(definition, { id: '1', ...raw })?.hash;

  test.each<[string, ResourceTypeDefinition, JsonObject, JsonObject]>([
    [
      'null, empty and missing members',
      conditionalAccessPolicy,
      { a: null, b: [], c: {}, d: '', conditions: { e: { f: null } } },
      {},
    ],
    [
      'the order of a set',
      conditionalAccessPolicy,
      { conditions: { users: { excludeUsers: ['b', 'a'] } } },
      { conditions: { users: { excludeUsers: ['a', 'b', 'a'] } } },
    ],
    [
      'an array of one that an exporter collapsed',
      conditionalAccessPolicy,
      { conditions: { users: { includeUsers: 'All' } } },
      { conditions: { users: { includeUsers: ['All'] } } },
    ],
    [
      'a keyed list of one that an exporter collapsed',
      application,
      { passwordCredentials: { keyId: 'k', displayName: 'x' } },
      { passwordCredentials: [{ keyId: 'k', displayName: 'x' }] },
    ],
    [
      'annotations of OData',
      conditionalAccessPolicy,
      { '@odata.type': 'x', 'state@odata.type': 'y', '#microsoft.graph.restore': { title: 'z' }, state: 'enabled' },
      { state: 'enabled' },
    ],
    [
      'the way an instant is written',
      application,
      { passwordCredentials: [{ keyId: 'k', endDateTime: '/Date(1769788627239)/' }] },
      { passwordCredentials: [{ keyId: 'k', endDateTime: '2026-01-30T15:57:07.2390000Z' }] },
    ],
    [
      'an instant whose slashes were lost',
      application,
      { passwordCredentials: [{ keyId: 'k', endDateTime: 'Date(1647536088205)' }] },
      { passwordCredentials: [{ keyId: 'k', endDateTime: '2022-03-17T17:54:48.205+01:00' }] },
    ],
    [
      'the year one',
      application,
      { passwordCredentials: [{ keyId: 'k', endDateTime: '0001-01-01T00:00:00Z' }] },
      { passwordCredentials: [{ keyId: 'k' }] },
    ],
    [
      'dates of the object itself',
      conditionalAccessPolicy,
      { modifiedDateTime: '2024-01-01T00:00:00Z', createdDateTime: 'x' },
      {},
    ],
    [
      'the case of an enumeration',
      conditionalAccessPolicy,
      { grantControls: { builtInControls: ['MFA', 'CompliantDevice'] }, state: 'Enabled' },
      { grantControls: { builtInControls: ['compliantDevice', 'mfa'] }, state: 'enabled' },
    ],
    [
      'a set written as text',
      conditionalAccessPolicy,
      { conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } } },
      { conditions: { authenticationFlows: { transferMethods: 'authenticationTransfer, deviceCodeFlow' } } },
    ],
    [
      'spaces around scopes',
      oauth2PermissionGrant,
      { clientId: 'c', consentType: 'AllPrincipals', resourceId: 'r', scope: ' openid  User.Read' },
      { clientId: 'c', consentType: 'AllPrincipals', resourceId: 'r', scope: 'User.Read openid' },
    ],
    [
      'a default that is left out at times',
      conditionalAccessPolicy,
      { sessionControls: { disableResilienceDefaults: false } },
      {},
    ],
    ['never expiring passwords', domain, { passwordValidityPeriodInDays: 2147483647 }, {}],
    [
      'the order of objects in a set',
      namedLocation,
      { ipRanges: [{ cidrAddress: 'b' }, { cidrAddress: 'a' }] },
      { ipRanges: [{ cidrAddress: 'a' }, { cidrAddress: 'b' }] },
    ],
    [
      'the order of permissions',
      roleDefinition,
      { rolePermissions: [{ allowedResourceActions: ['b', 'a'], condition: null }] },
      { rolePermissions: [{ allowedResourceActions: ['a', 'b'] }] },
    ],
    [
      'the case of a boolean setting',
      groupSetting,
      {
        templateId: 't',
        values: [
          { name: 'A', value: 'True' },
          { name: 'B', value: '' },
        ],
      },
      { templateId: 't', values: [{ name: 'A', value: 'true' }] },
    ],
  ])('does not differ by %s', (_what, definition, one, other) => {
    expect(hash(definition, one)).toBe(hash(definition, other));
  });

  test.each<[string, ResourceTypeDefinition, JsonObject, JsonObject]>([
    [
      'an element of a set',
      conditionalAccessPolicy,
      { conditions: { users: { excludeUsers: ['a'] } } },
      { conditions: { users: { excludeUsers: ['b'] } } },
    ],
    ['a switch', conditionalAccessPolicy, { sessionControls: { disableResilienceDefaults: true } }, {}],
    ['a credential', application, { passwordCredentials: [{ keyId: 'a' }] }, { passwordCredentials: [{ keyId: 'b' }] }],
    ['when it was deleted', conditionalAccessPolicy, { deletedDateTime: '2024-01-01T00:00:00Z' }, {}],
  ])('differs by %s', (_what, definition, one, other) => {
    expect(hash(definition, one)).not.toBe(hash(definition, other));
  });

  test('never stores the secret parts of a credential', () => {
    const object = normaliseObject(application, {
      id: '1',
      passwordCredentials: [{ keyId: 'k', hint: 'abc', secretText: 'abcdef' }],
      keyCredentials: [{ keyId: 'q', key: 'MIIC' }],
    });
    expect(JSON.stringify(object)).not.toMatch(/abc|MIIC/);
  });

  test('keeps its last modification as evidence and not as value', () => {
    const object = normaliseObject(conditionalAccessPolicy, { id: '1', modifiedDateTime: '/Date(0)/' });
    expect(object).toMatchObject({ modifiedAt: '1970-01-01T00:00:00.000Z', value: {} });
  });

  test('without an id is known by its name', () => {
    expect(normaliseObject(conditionalAccessPolicy, { displayName: 'x' })).toMatchObject({
      key: 'name:x',
      keyedBy: 'name',
    });
  });

  test('keyed members with one key, or none, are all kept in an order that only content decides', () => {
    const credentials: JsonObject[] = [
      { keyId: 'k', displayName: 'b' },
      { keyId: 'k', displayName: 'a' },
      { displayName: 'c' },
    ];
    const one = normaliseObject(application, { id: '1', passwordCredentials: credentials });
    const other = normaliseObject(application, { id: '1', passwordCredentials: credentials.toReversed() });
    expect(one?.hash).toBe(other?.hash);
    expect(Object.keys(at(one?.value, '/passwordCredentials') ?? {})).toHaveLength(3);
  });
});

describe('hostile objects', () => {
  test('nesting too deep is refused with a sentence and the others are kept', () => {
    let deep: Json = 'x';
    for (let i = 0; i < MAX_DEPTH * 50; i++) deep = [deep];
    const { objects, faults } = normaliseObjects(conditionalAccessPolicy, [
      { id: '1', displayName: 'evil', conditions: deep },
      { id: '2' },
    ]);
    expect(objects.map(({ key }) => key)).toEqual(['2']);
    expect(faults).toEqual([
      `Conditional Access policy "evil" can't be read: it nests deeper than ${MAX_DEPTH} levels`,
    ]);
  });

  test('an object with neither id nor name is a fault', () => {
    expect(normaliseObjects(conditionalAccessPolicy, [{ state: 'enabled' }]).faults).toHaveLength(1);
  });

  test('a set of 100,000 elements, lone surrogates and NUL are read', () => {
    const users = Array.from({ length: 100_000 }, (_, i) => `user-${i % 50_000}`);
    const object = normaliseObject(conditionalAccessPolicy, {
      id: '1',
      displayName: '\ud800 \u0000',
      conditions: { users: { excludeUsers: users } },
    });
    expect(at(object?.value, '/conditions/users/excludeUsers')).toHaveLength(50_000);
    expect(object?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a federated credential with the name of an annotation is not hidden', () => {
    const object = normaliseObject(application, {
      id: '1',
      federatedIdentityCredentials: [{ name: 'x@odata.type', issuer: 'https://evil.example' }],
    });
    expect(JSON.stringify(object?.value)).toContain('evil.example');
  });
});
