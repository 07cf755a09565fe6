import fc from 'fast-check';
import type { AssignmentFacts, SubjectFacts } from '../decisions/access-facts.js';
import { isAllowed } from '../decisions/evaluate-subject.js';
import { heldThroughoutUntil } from './held-throughout.js';

const NOW = 1000;
const HOUR = 100;
let ids = 0;
const assignment = (more: Partial<AssignmentFacts> = {}): AssignmentFacts => ({
  id: `assignment-${++ids}`,
  holderType: 'user',
  holderId: 'somebody',
  roleId: 'reader',
  scope: '/',
  effect: 'allow',
  validFrom: 0,
  validUntil: null,
  ...more,
});
const subject = (assignments: AssignmentFacts[], active = true): SubjectFacts => ({
  type: 'user',
  id: 'somebody',
  tenantId: 'tenant',
  active,
  groupIds: [],
  assignments,
});
const ROLES = new Map(
  Object.entries({ reader: ['read'], writer: ['write'], both: ['read', 'write'] }).map(([id, permissions]) => [
    id,
    { id, name: id, isSystem: false, permissions, parents: [] },
  ]),
);
const permissionsOf = (roleId: string) => new Set(ROLES.get(roleId)?.permissions);
const until = (assignments: AssignmentFacts[], scope = '/', permission = 'read') =>
  heldThroughoutUntil(subject(assignments), permissionsOf, permission, scope, NOW);

describe('until when somebody holds a permission throughout a scope', () => {
  it.each<[string, AssignmentFacts[], string, number | null]>([
    ['nothing is assigned', [], '/', null],
    ['it is assigned for ever', [assignment()], '/', Number.POSITIVE_INFINITY],
    ['it is assigned above', [assignment({ scope: '/a' })], '/a/b', Number.POSITIVE_INFINITY],
    ['it is assigned below', [assignment({ scope: '/a/b' })], '/a', null],
    ['it is assigned to a neighbour whose name begins the same', [assignment({ scope: '/a' })], '/ab', null],
    ['it ends', [assignment({ validUntil: NOW + HOUR })], '/', NOW + HOUR],
    ['it has ended at this very moment', [assignment({ validUntil: NOW })], '/', null],
    ['it begins at this very moment', [assignment({ validFrom: NOW })], '/', Number.POSITIVE_INFINITY],
    ['it begins later', [assignment({ validFrom: NOW + 1 })], '/', null],
    [
      'one follows another without a gap',
      [assignment({ validFrom: NOW + HOUR }), assignment({ validUntil: NOW + HOUR })],
      '/',
      Number.POSITIVE_INFINITY,
    ],
    [
      'one follows another after a gap',
      [assignment({ validUntil: NOW + HOUR }), assignment({ validFrom: NOW + HOUR + 1 })],
      '/',
      NOW + HOUR,
    ],
    [
      'a short one lies within a long one',
      [assignment({ validUntil: NOW + 3 * HOUR }), assignment({ validFrom: NOW, validUntil: NOW + HOUR })],
      '/',
      NOW + 3 * HOUR,
    ],
    ['it is denied above', [assignment({ scope: '/a/b' }), assignment({ scope: '/a', effect: 'deny' })], '/a/b', null],
    ['it is denied below', [assignment(), assignment({ scope: '/a/b/c', effect: 'deny' })], '/a', null],
    [
      'it is denied beside',
      [assignment(), assignment({ scope: '/b', effect: 'deny' })],
      '/a',
      Number.POSITIVE_INFINITY,
    ],
    ['it will be denied', [assignment(), assignment({ effect: 'deny', validFrom: NOW + HOUR })], '/', null],
    ['it was denied', [assignment(), assignment({ effect: 'deny', validUntil: NOW })], '/', Number.POSITIVE_INFINITY],
    [
      'something else is denied',
      [assignment(), assignment({ roleId: 'writer', effect: 'deny' })],
      '/',
      Number.POSITIVE_INFINITY,
    ],
    ['a role that brings more is denied', [assignment(), assignment({ roleId: 'both', effect: 'deny' })], '/', null],
  ])('when %s', (_what, assignments, scope, expected) => {
    expect(until(assignments, scope)).toBe(expected);
  });

  it('is never when they are disabled', () => {
    expect(heldThroughoutUntil(subject([assignment()], false), permissionsOf, 'read', '/', NOW)).toBeNull();
  });

  it('never says more than decisions do, at any moment until the end and anywhere at or below the scope', () => {
    const scope = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/ab', '/b');
    const arbitrary = fc.record({
      roleId: fc.constantFrom('reader', 'writer', 'both'),
      scope,
      effect: fc.constantFrom('allow' as const, 'allow' as const, 'allow' as const, 'deny' as const),
      validFrom: fc.integer({ min: 0, max: 1200 }),
      validUntil: fc.oneof(fc.constant(null), fc.integer({ min: 900, max: 1400 })),
    });
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(arbitrary, { maxLength: 5 }),
        scope,
        scope,
        fc.integer({ min: NOW, max: 1500 }),
        (contents, on, place, moment) => {
          const somebody = subject(contents.map((content) => assignment(content)));
          const end = heldThroughoutUntil(somebody, permissionsOf, 'read', on, NOW);
          const isWithin = on === '/' || place === on || place.startsWith(`${on}/`);
          if (end === null || !isWithin || moment >= end) return;
          held++;
          expect(isAllowed(somebody, ROLES, 'read', place, moment)).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
    expect(held).toBeGreaterThan(500);
  });

  it('says no when decisions do, now and somewhere at or below the scope', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            roleId: fc.constantFrom('reader', 'both'),
            scope: fc.constantFrom('/', '/a', '/a/b'),
            effect: fc.constantFrom('allow' as const, 'deny' as const),
          }),
          { maxLength: 4 },
        ),
        fc.constantFrom('/', '/a', '/a/b'),
        (contents, on) => {
          const somebody = subject(contents.map((content) => assignment(content)));
          const places = ['/', '/a', '/a/b'].filter((place) => place.startsWith(on));
          const everywhere = places.every((place) => isAllowed(somebody, ROLES, 'read', place, NOW));
          expect(heldThroughoutUntil(somebody, permissionsOf, 'read', on, NOW) !== null).toBe(everywhere);
        },
      ),
      { numRuns: 5000 },
    );
  });
});
