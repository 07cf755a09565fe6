import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { Sightings } from '../snapshot/snapshot.types.js';
import { StoredObject } from '../snapshot/stored-object.js';
import { type TypeStates, typeStatesFromJson, typeStatesOf, typeStatesToJson } from '../snapshot/stored-snapshot.js';
import type { ChangedObject, TypeCollection } from './collect.types.js';
import { holdSightings, MOST_SIGHTINGS } from './hold-sightings.js';

const HASH = 'a'.repeat(64);
const TAKEN_AT = new Date('2026-01-01T00:00:00Z');

function reading(
  type: ResourceType,
  what: { appeared?: string[]; gone?: string[]; partial?: true; asked?: string[] },
): TypeCollection {
  const changed = new Map<string, ChangedObject>();
  for (const key of what.appeared ?? []) {
    const object = new StoredObject(type, key, undefined, key, HASH, null, '{}');
    changed.set(key, { object, fingerprint: Buffer.alloc(32), head: null });
  }
  const gone = new Set(what.gone);
  return {
    resourceType: type,
    status: what.partial ? 'partial' : 'complete',
    reason: what.partial ? 'page 2 answered 503' : null,
    count: 5 + changed.size - gone.size,
    changed,
    reread: new Map(),
    gone,
    named: new Set(),
    ...(type === 'user' ? { wasAsked: (key: string) => what.asked?.includes(key) === true } : {}),
    wasRead: (key) => !gone.has(key),
  };
}

/** What the snapshots say of one type over several readings. */
function readings(type: ResourceType, ...all: Parameters<typeof reading>[1][]) {
  let previous: { takenAt: Date; types: TypeStates } | null = {
    takenAt: TAKEN_AT,
    types: typeStatesOf(new Map([[type, reading(type, {})]]), null, TAKEN_AT),
  };
  return all.map((what) => {
    const held = holdSightings(new Map([[type, reading(type, what)]]), previous?.types);
    // As the store gives it back.
    const types = typeStatesFromJson(typeStatesToJson(typeStatesOf(held, previous, TAKEN_AT)));
    previous = { takenAt: TAKEN_AT, types };
    const one = held.get(type);
    return { came: [...(one?.changed.keys() ?? [])], went: [...(one?.gone ?? [])], count: one?.count };
  });
}

const NOTHING = { came: [], went: [], count: 5 };

describe('comings and goings of flapping types', () => {
  test('an object that is missing once and there again never went', () => {
    expect(readings('application', { gone: ['a'] }, {}, { gone: ['a'] }, {})).toEqual([
      NOTHING,
      NOTHING,
      NOTHING,
      NOTHING,
    ]);
  });

  test('an object that is missing twice went', () => {
    expect(readings('application', { gone: ['a', 'b'] }, { gone: ['a'] })).toEqual([
      NOTHING,
      { came: [], went: ['a'], count: 4 },
    ]);
  });

  test('an object that is listed once and gone again never came; one that is listed twice did', () => {
    expect(readings('application', { appeared: ['x', 'y'] }, { appeared: ['y'] }, { appeared: ['x'] })).toEqual([
      NOTHING,
      { came: ['y'], went: [], count: 6 },
      NOTHING,
    ]);
  });

  test('a reading that was cut short neither counts nor forgets what appeared', () => {
    expect(
      readings('application', { appeared: ['x'] }, { partial: true }, { appeared: ['x'] }).map(({ came }) => came),
    ).toEqual([[], [], ['x']]);
  });

  test('a reading that was cut short begins an absence anew', () => {
    const rounds = readings('application', { gone: ['a'] }, { partial: true }, { gone: ['a'] }, { gone: ['a'] });
    expect(rounds.map(({ went }) => went)).toEqual([[], [], [], ['a']]);
  });

  test('a policy is believed at once', () => {
    expect(readings('conditionalAccessPolicy', { appeared: ['x'], gone: ['a'] })).toEqual([
      { came: ['x'], went: ['a'], count: 5 },
    ]);
  });

  test('users come along with what names them, but do not go at once', () => {
    expect(readings('user', { appeared: ['x'], gone: ['a'] })).toEqual([{ came: ['x'], went: [], count: 6 }]);
  });

  test('a user who was not asked for once and not answered once is still there', () => {
    const rounds = readings('user', { gone: ['a'] }, { gone: ['a'], asked: ['a'] }, { gone: ['a'], asked: ['a'] });
    expect(rounds.map(({ went }) => went)).toEqual([[], [], ['a']]);
  });

  test('nothing is held of a type that was not read completely before, nor in a first snapshot', () => {
    const [, after] = readings('application', { partial: true }, { appeared: ['x'] });
    expect(after?.came).toEqual(['x']);
    const first = holdSightings(new Map([['application', reading('application', { appeared: ['x'] })]]), undefined);
    expect([...(first.get('application')?.changed.keys() ?? [])]).toEqual(['x']);
  });

  test('what was read again counts', () => {
    const now = reading('application', { appeared: ['x', 'y'], gone: ['a', 'b'] });
    const before: TypeStates = typeStatesOf(new Map([['application', reading('application', {})]]), null, TAKEN_AT);
    const again = new Map([
      [
        'application' as const,
        new Map([
          ['x', now.changed.get('x')?.object ?? null],
          ['a', null],
        ]),
      ],
    ]);
    const held = holdSightings(new Map([['application', now]]), before, again).get('application');
    expect([[...(held?.changed.keys() ?? [])], [...(held?.gone ?? [])]]).toEqual([['x'], ['a']]);
    expect(held?.sightings).toEqual({ appeared: ['y'], missing: ['b'] } satisfies Sightings);
    expect([held?.wasRead('b', { fingerprint: null }), held?.wasRead('a', { fingerprint: null })]).toEqual([
      true,
      false,
    ]);
  });

  test('more than any replica lags behind is believed at once', () => {
    const many = Array.from({ length: MOST_SIGHTINGS + 1 }, (_, i) => `k${i}`);
    const [only] = readings('application', { appeared: many });
    expect(only?.came).toHaveLength(many.length);
  });
});
