import type { JsonObject } from '../../crypto/canonical-json.js';
import { collected, failed } from '../import/collected.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, TenantSnapshot } from '../snapshot/snapshot.types.js';
import { diffSnapshots } from './diff-snapshots.js';

function snapshot(...types: CollectedType[]): TenantSnapshot {
  return {
    source: 'graph',
    tenantId: null,
    takenAt: null,
    types: new Map(types.map((type) => [type.resourceType, type])),
  };
}

const policies = (raws: JsonObject[], more: Partial<CollectedType> = {}) =>
  collected('conditionalAccessPolicy', raws, more);
const said = (before: TenantSnapshot, after: TenantSnapshot) =>
  diffSnapshots(before, after).objects.map(({ changeType, key, matchedBy, changes }) => [
    changeType,
    key,
    matchedBy,
    changes.map(({ path }) => path).join(' '),
  ]);

describe('matching', () => {
  test('is by id: a rename is one change of the same object', () => {
    const [before, after] = [
      snapshot(policies([{ id: '1', displayName: 'a' }])),
      snapshot(policies([{ id: '1', displayName: 'b' }])),
    ];
    expect(said(before, after)).toEqual([['modified', '1', 'id', '/displayName']]);
  });

  test('never pairs two ids by their name', () => {
    const [before, after] = [
      snapshot(policies([{ id: '1', displayName: 'a' }])),
      snapshot(policies([{ id: '2', displayName: 'a' }])),
    ];
    expect(said(before, after).map(([type]) => type)).toEqual(['removed', 'added']);
  });

  test('is by name where one side has no ids, and keeps the known id', () => {
    const before = snapshot(
      policies([
        { id: '1', displayName: 'a', state: 'enabled' },
        { id: '2', displayName: 'b' },
      ]),
    );
    const after = snapshot(policies([{ displayName: 'a', state: 'disabled' }, { displayName: 'b' }]));
    expect(said(before, after)).toEqual([['modified', '1', 'name', '/state']]);
    expect(said(after, before)).toEqual([['modified', '1', 'name', '/state']]);
  });

  test('pairs objects of one name with their equals first', () => {
    const before = snapshot(
      policies([
        { id: '1', displayName: 'a', state: 'enabled' },
        { id: '2', displayName: 'a', state: 'disabled' },
      ]),
    );
    const after = snapshot(
      policies([
        { displayName: 'a', state: 'disabled' },
        { displayName: 'a', state: 'enabled' },
      ]),
    );
    expect(said(before, after)).toEqual([]);
  });

  test('two objects under one key are two objects', () => {
    const domains = (raws: JsonObject[]) => snapshot(collected('domain', raws));
    const [one, other] = [
      { id: 'x', isDefault: true },
      { id: 'x', isDefault: false },
    ];
    expect(said(domains([one, other]), domains([other]))).toEqual([['removed', 'x', 'id', '']]);
  });

  test('stays linear when 20,000 objects share one name', () => {
    const many = (state: string) =>
      snapshot(policies(Array.from({ length: 20_000 }, (_, i) => ({ displayName: 'a', state, note: i }))));
    expect(diffSnapshots(many('enabled'), many('disabled')).objects).toHaveLength(20_000);
  });
});

describe('what one side cannot say', () => {
  const full = snapshot(policies([{ id: '1', displayName: 'a' }]));
  const partial = snapshot(policies([], { status: 'partial', reason: 'page 2 answered 503' }));

  test('an incomplete collection after never means removed', () => {
    const drift = diffSnapshots(full, partial);
    expect(drift.objects).toEqual([]);
    expect(drift.incomplete).toEqual([
      { resourceType: 'conditionalAccessPolicy', reason: 'after: page 2 answered 503', since: null },
    ]);
  });

  test('an incomplete collection before never means added', () => {
    expect(said(partial, full)).toEqual([]);
  });

  test('what both sides have is compared even so', () => {
    const after = snapshot(policies([{ id: '1', displayName: 'b' }], { status: 'partial', reason: 'x' }));
    expect(said(full, after)).toEqual([['modified', '1', 'id', '/displayName']]);
  });

  test('a failed type says nothing', () => {
    expect(said(full, snapshot(failed('conditionalAccessPolicy', 'x')))).toEqual([]);
  });

  test('a type that one source does not carry is listed and not removed', () => {
    const drift = diffSnapshots(full, snapshot());
    expect(drift.objects).toEqual([]);
    expect(drift.incomplete).toEqual([expect.objectContaining({ resourceType: 'conditionalAccessPolicy' })]);
  });

  test('a type that neither carries is not mentioned', () => {
    expect(diffSnapshots(snapshot(), snapshot()).incomplete).toEqual([]);
  });

  test('paths that a source cut off are not compared, on either side', () => {
    const cut = snapshot(policies([{ id: '1', displayName: 'a' }], { notCarried: ['/conditions/users'] }));
    const whole = snapshot(policies([{ id: '1', displayName: 'a', conditions: { users: { includeUsers: ['All'] } } }]));
    expect(said(cut, whole)).toEqual([]);
    expect(said(whole, cut)).toEqual([]);
    expect(diffSnapshots(cut, whole).incomplete).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('/conditions/users') }),
    ]);
  });

  test('a member that an older exporter does not know is not a change, one that it left empty is', () => {
    const older = snapshot(
      policies([{ id: '1', state: 'enabled' }], { carries: ['/id', '/state', '/conditions', '/conditions/times'] }),
    );
    const newer = snapshot(
      policies([{ id: '1', state: 'enabled', agents: 'x', conditions: { times: 'y', flows: 'z' } }]),
    );
    expect(said(older, newer)).toEqual([['modified', '1', 'id', '/conditions/times']]);
    expect(diffSnapshots(older, newer).incomplete[0]?.reason).toContain('/agents, /conditions/flows');
  });

  test('a selection yields modifications only', () => {
    const apps = (raws: JsonObject[]) => snapshot(collected('application', raws, { selection: true }));
    expect(
      said(apps([{ id: '1', displayName: 'a' }, { id: '2' }]), apps([{ id: '1', displayName: 'b' }, { id: '3' }])),
    ).toEqual([['modified', '1', 'id', '/displayName']]);
  });

  test('a scope limits both sides to what both read', () => {
    const assignments = (roles: string[], held: string[]) =>
      snapshot(
        collected(
          'roleAssignment',
          held.map((role) => ({ principalId: 'p', roleDefinitionId: role })),
          { scope: { member: 'roleDefinitionId', values: roles } },
        ),
      );
    const drift = diffSnapshots(assignments(['a', 'b'], ['a', 'b']), assignments(['a', 'c'], ['c']));
    expect(drift.objects.map(({ changeType, key }) => [changeType, key])).toEqual([['removed', 'p|a||']]);
    expect(drift.incomplete).toHaveLength(1);
  });
});

describe('what follows from something else', () => {
  const user = (id: string): JsonObject => ({ id, displayName: 'u' });
  const ID = '11111111-1111-4111-8111-111111111111';
  const tenant = (users: JsonObject[], excludeUsers: string[]) =>
    snapshot(collected('user', users), policies([{ id: 'p', conditions: { users: { excludeUsers } } }]));
  const ofUsers = (before: TenantSnapshot, after: TenantSnapshot) =>
    diffSnapshots(before, after).objects.filter(({ resourceType }) => resourceType === 'user');

  test('a user collected because a policy names it is not a new user', () => {
    expect(ofUsers(tenant([], []), tenant([user(ID)], [ID]))).toEqual([]);
  });

  test('a user that nothing names any more is not a deleted one', () => {
    expect(ofUsers(tenant([user(ID)], [ID]), tenant([], []))).toEqual([]);
  });

  test('a user that is still named and gone was deleted', () => {
    expect(ofUsers(tenant([user(ID)], [ID]), tenant([], [ID]))).toEqual([
      expect.objectContaining({ changeType: 'removed', key: ID }),
    ]);
  });

  test('the copy of a strength in a policy is no change beside that of the strength', () => {
    const both = (combinations: string[]) =>
      snapshot(
        collected('authenticationStrengthPolicy', [{ id: 's', allowedCombinations: combinations }]),
        policies([
          { id: 'p', grantControls: { authenticationStrength: { id: 's', allowedCombinations: combinations } } },
        ]),
      );
    const types = (types: ResourceType[]) => types;
    expect(
      types(diffSnapshots(both(['fido2']), both(['fido2', 'sms'])).objects.map(({ resourceType }) => resourceType)),
    ).toEqual(['authenticationStrengthPolicy']);
  });
});

test('any number of objects of a type may come and go at once', () => {
  const many = (prefix: string): CollectedType => ({
    ...policies([]),
    objects: Array.from({ length: 150_000 }, (_, nth) => ({
      resourceType: 'conditionalAccessPolicy',
      key: `${prefix}${nth}`,
      displayName: null,
      value: {},
      hash: `${prefix}${nth}`,
      modifiedAt: null,
    })),
  });
  expect(diffSnapshots(snapshot(many('was')), snapshot(many('is'))).objects).toHaveLength(300_000);
});
