import fc from 'fast-check';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from '../decisions/access-facts.js';
import { findViolations, type HeldFacts } from './find-violations.js';
import type { SeparationConstraint } from './separation.types.js';

const NOW = 10;
const END = 20;
const SCOPES = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/d'];
const ROLES = ['r0', 'r1', 'r2', 'r3'];
const PERMISSIONS = ['p0', 'p1', 'p2', 'p3'];

const roleFacts = fc
  .tuple(...ROLES.map((_, index) => fc.tuple(fc.subarray(PERMISSIONS), fc.subarray(ROLES.slice(0, index)))))
  .map(
    (contents): ReadonlyMap<string, RoleFacts> =>
      new Map(
        contents.map(([permissions, parents], index) => {
          const id = `r${index}`;
          return [id, { id, name: id, isSystem: false, permissions, parents }];
        }),
      ),
  );
const assignment = fc.record({
  holderType: fc.constantFrom<'user' | 'group'>('user', 'group'),
  roleId: fc.constantFrom(...ROLES),
  scope: fc.constantFrom(...SCOPES),
  effect: fc.constantFrom<'allow' | 'deny'>('allow', 'allow', 'allow', 'deny'),
  validFrom: fc.integer({ min: 0, max: END - 2 }),
  lasts: fc.option(fc.integer({ min: 1, max: END }), { nil: null }),
});
const subjectFacts = fc.array(assignment, { maxLength: 7 }).map((drafts): SubjectFacts => {
  const assignments = drafts.map(({ lasts, ...content }, index): AssignmentFacts => {
    const validUntil = lasts === null ? null : Math.min(END, content.validFrom + lasts);
    return { ...content, id: `a${index}`, holderId: content.holderType, validUntil };
  });
  return { type: 'user', id: 'u', tenantId: 't', active: true, groupIds: ['group'], assignments };
});
const held = fc.record({ subject: subjectFacts, roles: roleFacts });
const constraint = fc
  .constantFrom<'roles' | 'permissions'>('roles', 'permissions')
  .chain((kind) => fc.tuple(fc.constant(kind), fc.subarray(kind === 'roles' ? ROLES : PERMISSIONS, { minLength: 2 })))
  .chain(([kind, members]) =>
    fc.integer({ min: 1, max: members.length - 1 }).map((atMost): SeparationConstraint => {
      const at = new Date(0);
      return { id: 'c', name: 'c', description: '', kind, members, atMost, version: 1, createdAt: at, updatedAt: at };
    }),
  );

/** Which members somebody holds at one place and moment, by the words of SeparationService. */
function heldAt({ subject, roles }: HeldFacts, of: SeparationConstraint, place: string, moment: number): Set<string> {
  const covers = (scope: string, inner: string) => scope === '/' || `${inner}/`.startsWith(`${scope}/`);
  const has = (roleId: string, member: string): boolean => {
    const role = roles.get(roleId);
    const itself = of.kind === 'roles' ? roleId === member : role?.permissions.includes(member) === true;
    return itself || (role?.parents ?? []).some((parent) => has(parent, member));
  };
  const end = ({ validUntil }: AssignmentFacts) => validUntil ?? Number.POSITIVE_INFINITY;
  return new Set(
    of.members.filter((member) =>
      subject.assignments.some(
        (allow) =>
          allow.effect === 'allow' &&
          has(allow.roleId, member) &&
          covers(allow.scope, place) &&
          allow.validFrom <= moment &&
          moment < end(allow) &&
          !subject.assignments.some(
            (denial) =>
              of.kind === 'permissions' &&
              denial.effect === 'deny' &&
              has(denial.roleId, member) &&
              covers(denial.scope, allow.scope) &&
              denial.validFrom <= Math.max(NOW, allow.validFrom) &&
              end(denial) >= end(allow),
          ),
      ),
    ),
  );
}

/** Every place and every moment, one after the other. */
function bruteForce(after: HeldFacts, of: SeparationConstraint, before?: HeldFacts) {
  return SCOPES.flatMap((place) => {
    for (let moment = NOW; moment <= END + 1; moment++) {
      const now = heldAt(after, of, place, moment);
      const earlier = before === undefined ? new Set<string>() : heldAt(before, of, place, moment);
      if (now.size > of.atMost && [...now].some((member) => !earlier.has(member))) return [{ place, moment, now }];
    }
    return [];
  });
}

describe('findViolations', () => {
  it.each([
    { title: 'of what is held', previous: fc.constant(undefined) },
    { title: 'of what a change adds', previous: fc.option(held, { nil: undefined }) },
  ])('says the same as looking everywhere and at all times: $title', ({ previous }) => {
    let found = 0;
    fc.assert(
      fc.property(held, constraint, previous, (after, of, before) => {
        const expected = bruteForce(after, of, before);
        const [violation, ...more] = findViolations(after, [of], NOW, before);
        expect(more).toEqual([]);
        expect(violation === undefined).toBe(expected.length === 0);
        if (violation === undefined) return;
        found += 1;
        const there = expected.find(({ place }) => place === violation.scope);
        expect(there?.moment).toBe(violation.from);
        expect(new Set(violation.held.map(({ member }) => member))).toEqual(there?.now);
      }),
      { numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(200);
  });

  it('never finds anything new where nothing changed', () => {
    fc.assert(
      fc.property(held, constraint, (same, of) => {
        expect(findViolations(same, [of], NOW, same)).toEqual([]);
      }),
    );
  });

  it('answers each constraint for itself', () => {
    const roles = new Map(
      ['x', 'y'].map((id) => [id, { id, name: id, isSystem: false, permissions: [], parents: [] }] as const),
    );
    const [a, b] = ['x', 'y'].map((roleId): AssignmentFacts => {
      const times = { validFrom: 0, validUntil: null };
      return { id: roleId, holderType: 'user', holderId: 'u', roleId, scope: '/', effect: 'allow', ...times };
    });
    const assignments = [a, b].filter((one) => one !== undefined);
    const subject: SubjectFacts = { type: 'user', id: 'u', tenantId: 't', active: false, groupIds: [], assignments };
    const at = new Date(0);
    const of = (id: string, members: string[]): SeparationConstraint => {
      const content = { name: id, description: '', kind: 'roles' as const, atMost: 1 };
      return { id, members, ...content, version: 1, createdAt: at, updatedAt: at };
    };
    const constraints = [of('1', ['x', 'y']), of('2', ['x', 'z']), of('3', ['x', 'y', 'z'])];
    expect(findViolations({ subject, roles }, constraints, NOW).map((found) => found.constraint.id)).toEqual([
      '1',
      '3',
    ]);
  });
});
