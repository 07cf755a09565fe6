import fc from 'fast-check';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from './access-facts.js';
import { isAllowed } from './evaluate-subject.js';
import type { ChangeStep, EligibleFacts, ExplainedFacts } from './explain.types.js';
import { explainPaths, inheritancePaths, MAX_PATHS_OF_ASSIGNMENT } from './explain-paths.js';
import { summarise } from './explain-summary.js';
import { MAX_STEPS, smallestChanges } from './smallest-changes.js';

const NOW = 1000;
const ROLES = ['r0', 'r1', 'r2', 'r3'];
const GROUPS = ['g0', 'g1'];
const SCOPES = ['/', '/a', '/a/b', '/ab'];

const roleMap = (roles: readonly Pick<RoleFacts, 'id' | 'permissions' | 'parents'>[]) =>
  new Map(roles.map((role) => [role.id, { ...role, name: role.id.toUpperCase(), isSystem: false }]));

const assignment = (id: string, more: Partial<AssignmentFacts> = {}): AssignmentFacts => ({
  id,
  holderType: 'user',
  holderId: 'ada',
  roleId: 'reader',
  scope: '/',
  effect: 'allow',
  validFrom: 0,
  validUntil: null,
  ...more,
});

const READER = roleMap([
  { id: 'reader', permissions: ['x:read'], parents: [] },
  { id: 'writer', permissions: ['x:write'], parents: ['reader'] },
]);

const factsOf = (assignments: AssignmentFacts[], more: Partial<ExplainedFacts> = {}): ExplainedFacts => ({
  subject: { type: 'user', id: 'ada', tenantId: 't', active: true, groupIds: ['ops'], assignments },
  roles: READER,
  permission: 'x:read',
  scope: '/a',
  nowMs: NOW,
  eligible: [],
  removed: [],
  toEnable: [],
  ...more,
});

const NAMES = { subject: 'Ada', role: (id: string) => id.toUpperCase(), group: (id: string) => `<${id}>` };

describe('an explanation', () => {
  it('names each way with why it decides or not, denials that apply first', () => {
    const facts = factsOf(
      [
        assignment('1-own', { roleId: 'writer' }),
        assignment('2-group-deny', { effect: 'deny', holderType: 'group', holderId: 'ops', scope: '/a' }),
        assignment('3-later', { validFrom: NOW + 1 }),
        assignment('4-over', { validUntil: NOW }),
        assignment('5-elsewhere', { scope: '/ab' }),
        assignment('6-other-permission', { roleId: 'nothing' }),
      ],
      {
        eligible: [
          {
            id: '7-eligible',
            holderType: 'user',
            holderId: 'ada',
            roleId: 'reader',
            scope: '/',
            validFrom: 0,
            validUntil: null,
          },
        ],
        removed: [assignment('8-removed')],
      },
    );
    expect(
      explainPaths(facts).map(({ why, groupId, assignment: { id }, roleIds }) => [id, why, groupId, roleIds]),
    ).toEqual([
      ['2-group-deny', 'applies', 'ops', ['reader']],
      ['1-own', 'denied_elsewhere', null, ['writer', 'reader']],
      ['7-eligible', 'eligible_not_activated', null, ['reader']],
      ['3-later', 'not_yet_valid', null, ['reader']],
      ['4-over', 'expired', null, ['reader']],
      ['5-elsewhere', 'other_scope', null, ['reader']],
      ['8-removed', 'removed', null, ['reader']],
    ]);
    expect(summarise(facts, false, explainPaths(facts), NAMES)).toBe(
      'Denied: Ada is denied x:read on /a by role READER assigned on /a through group <ops>; it wins over the assignment that would allow it.',
    );
  });

  it('says in one sentence what is allowed by inheritance, what nearly was, and that a disabled account holds nothing', () => {
    const sentence = (facts: ExplainedFacts) => {
      const { subject, roles, permission, scope, nowMs } = facts;
      return summarise(facts, isAllowed(subject, roles, permission, scope, nowMs), explainPaths(facts), NAMES);
    };
    expect(sentence(factsOf([assignment('1', { roleId: 'writer' }), assignment('2')]))).toBe(
      'Allowed: Ada has x:read on /a by role WRITER (which inherits it from READER) assigned on / and 1 more assignment; nothing denies it.',
    );
    expect(sentence(factsOf([assignment('1', { validUntil: NOW })]))).toBe(
      'Denied: nothing gives Ada x:read on /a; role READER assigned on / has ended.',
    );
    const facts = factsOf([assignment('1')]);
    expect(sentence({ ...facts, subject: { ...facts.subject, active: false } })).toBe(
      'Denied: Ada is not active and so may do nothing.',
    );
  });

  it('shows a bounded number of ways through a lattice of roles, the shortest first', () => {
    const layers = 12;
    const roles = roleMap(
      Array.from({ length: layers * 3 }, (_, index) => ({
        id: `n${index}`,
        permissions: index >= (layers - 1) * 3 ? ['x:read'] : [],
        parents: [0, 1, 2].map((other) => `n${(Math.floor(index / 3) + 1) * 3 + other}`),
      })),
    );
    const paths = inheritancePaths(roles, 'n0', 'x:read');
    expect(paths).toHaveLength(MAX_PATHS_OF_ASSIGNMENT);
    for (const path of paths) expect(path).toHaveLength(layers);
  });
});

describe('the smallest changes', () => {
  it('offer to leave the group, to lift what denies, and to deny', () => {
    const inGroup = { holderType: 'group' as const, holderId: 'ops' };
    expect(smallestChanges(factsOf([assignment('1', inGroup), assignment('2', inGroup)])).changes).toEqual([
      [{ action: 'remove_member', groupId: 'ops' }],
      [{ action: 'add_assignment', roleId: 'reader', scope: '/a', effect: 'deny' }],
      [
        { action: 'remove_assignment', assignmentId: '1' },
        { action: 'remove_assignment', assignmentId: '2' },
      ],
    ]);
    const denied = [assignment('1'), assignment('2', { effect: 'deny', scope: '/a' })];
    expect(smallestChanges(factsOf(denied)).changes).toEqual([[{ action: 'remove_assignment', assignmentId: '2' }]]);
  });

  it('have no more steps than people take by hand, and say that there are longer ones', () => {
    const denials = (count: number) =>
      Array.from({ length: count }, (_, nth) => assignment(`deny-${nth}`, { effect: 'deny' }));
    const few = smallestChanges(factsOf([assignment('1'), ...denials(MAX_STEPS - 1)]));
    expect([few.changes.map(({ length }) => length), few.hasLonger]).toEqual([[MAX_STEPS - 1], false]);
    const many = smallestChanges(factsOf([assignment('1'), ...denials(MAX_STEPS + 1)]));
    expect(many).toEqual({ changes: [], hasLonger: true });
    const toTake = Array.from({ length: MAX_STEPS + 1 }, (_, nth) => assignment(`allow-${nth}`));
    expect(smallestChanges(factsOf(toTake))).toEqual({
      changes: [[{ action: 'add_assignment', roleId: 'reader', scope: '/a', effect: 'deny' }]],
      hasLonger: true,
    });
  });

  it('offer nothing for who was deleted, and to enable who was disabled', () => {
    const facts = factsOf([assignment('1')]);
    const subject = { ...facts.subject, active: false };
    expect(smallestChanges({ ...facts, subject, toEnable: null }).changes).toEqual([]);
    expect(smallestChanges({ ...facts, subject, toEnable: ['subject'] }).changes).toEqual([
      [{ action: 'enable_subject' }],
    ]);
  });

  const roles = fc
    .tuple(
      ...ROLES.map((id, index) =>
        fc.record({
          id: fc.constant(id),
          permissions: fc.subarray(['x:read', 'x:write']),
          parents: fc.subarray(ROLES.slice(index + 1)),
        }),
      ),
    )
    .map(roleMap);
  const holder = fc.oneof(
    fc.constant({ holderType: 'user' as const, holderId: 'ada' }),
    fc.constantFrom(...GROUPS).map((holderId) => ({ holderType: 'group' as const, holderId })),
  );
  const period = fc.constantFrom(
    { validFrom: 0, validUntil: null },
    { validFrom: 0, validUntil: null },
    { validFrom: 0, validUntil: NOW },
    { validFrom: NOW + 1, validUntil: null },
    { validFrom: NOW, validUntil: NOW + 1 },
  );
  const content = fc.record({ roleId: fc.constantFrom(...ROLES), scope: fc.constantFrom(...SCOPES) });
  const assignments = fc.array(
    fc
      .tuple(holder, period, content, fc.constantFrom('allow' as const, 'deny' as const))
      .map(([who, when, what, effect]) => ({ ...who, ...when, ...what, effect })),
    { maxLength: 5 },
  );
  const eligible = fc.array(
    fc.tuple(holder, period, content).map(([who, when, what]) => ({ ...who, ...when, ...what })),
    { maxLength: 2 },
  );
  const models = fc
    .record({
      roles,
      assignments,
      eligible,
      scope: fc.constantFrom(...SCOPES),
      toEnable: fc.constantFrom(
        [],
        [],
        [],
        ['subject' as const],
        ['subject' as const, 'owner' as const],
        ['owner' as const],
      ),
    })
    .map(
      (model): ExplainedFacts => ({
        subject: {
          type: 'user',
          id: 'ada',
          tenantId: 't',
          active: model.toEnable.length === 0,
          groupIds: GROUPS,
          assignments: model.assignments.map((one, index) => ({ ...one, id: `a${index}` })),
        },
        roles: model.roles,
        permission: 'x:read',
        scope: model.scope,
        nowMs: NOW,
        eligible: model.eligible.map((one, index): EligibleFacts => ({ ...one, id: `e${index}` })),
        removed: [],
        toEnable: model.toEnable,
      }),
    );

  it('turn the answer, each without a step too many, and no smaller change there is', () => {
    fc.assert(
      fc.property(models, (facts) => {
        const { changes } = smallestChanges(facts);
        const now = answer(facts.subject, facts);
        for (const steps of changes) {
          expect(answer(afterwards(facts, steps), facts)).toBe(!now);
          for (const left of steps) {
            expect(
              answer(
                afterwards(
                  facts,
                  steps.filter((step) => step !== left),
                ),
                facts,
              ),
            ).toBe(now);
          }
        }
        expect(changes.map(({ length }) => length)).toEqual(changes.map(({ length }) => length).sort());
        expect(changes[0]?.length ?? null).toBe(smallestByTrying(facts, !now));
      }),
      { numRuns: 1500 },
    );
  });
});

function answer(subject: SubjectFacts, { roles, permission, scope, nowMs }: ExplainedFacts): boolean {
  return isAllowed(subject, roles, permission, scope, nowMs);
}

/** The steps one after another, as somebody would take them; groups are left last. */
function afterwards(facts: ExplainedFacts, steps: readonly ChangeStep[]): SubjectFacts {
  let { subject } = facts;
  let missing = [...(facts.toEnable ?? [])];
  const give = (roleId: string, scope: string, effect: 'allow' | 'deny') => {
    const added = assignment(`new ${subject.assignments.length}`, { roleId, scope, effect, validFrom: NOW });
    subject = { ...subject, assignments: [...subject.assignments, added] };
  };
  const isMember = (holderId: string) =>
    !steps.some((step) => step.action === 'remove_member' && step.groupId === holderId);
  for (const step of steps) {
    if (step.action === 'remove_assignment') {
      subject = { ...subject, assignments: subject.assignments.filter(({ id }) => id !== step.assignmentId) };
    } else if (step.action === 'add_assignment') give(step.roleId, step.scope, step.effect);
    else if (step.action === 'enable_subject') missing = missing.filter((what) => what !== 'subject');
    else if (step.action === 'enable_owner') missing = missing.filter((what) => what !== 'owner');
    else if (step.action === 'activate') {
      const chosen = facts.eligible.find(({ id }) => id === step.eligibleAssignmentId);
      if (chosen !== undefined && isMember(chosen.holderId)) give(chosen.roleId, chosen.scope, 'allow');
    }
  }
  return {
    ...subject,
    active: missing.length === 0,
    assignments: subject.assignments.filter(({ holderId }) => isMember(holderId)),
  };
}

/** The number of steps of the smallest change, by trying all; null when nothing turns the answer. */
function smallestByTrying(facts: ExplainedFacts, wanted: boolean): number | null {
  const offered: ChangeStep[] = [
    ...facts.subject.assignments.map(({ id }): ChangeStep => ({ action: 'remove_assignment', assignmentId: id })),
    ...GROUPS.map((groupId): ChangeStep => ({ action: 'remove_member', groupId })),
    ...facts.eligible
      .filter(({ validFrom, validUntil }) => validFrom <= NOW && (validUntil === null || NOW < validUntil))
      .map(({ id }): ChangeStep => ({ action: 'activate', eligibleAssignmentId: id })),
    ...ROLES.map(
      (roleId): ChangeStep => ({
        action: 'add_assignment',
        roleId,
        scope: facts.scope,
        effect: wanted ? 'allow' : 'deny',
      }),
    ),
    ...(facts.toEnable ?? []).map(
      (what): ChangeStep => ({
        action: what === 'subject' ? 'enable_subject' : 'enable_owner',
      }),
    ),
  ];
  let open: { steps: ChangeStep[]; from: number }[] = [{ steps: [], from: 0 }];
  for (let size = 1; size <= offered.length; size++) {
    const next: typeof open = [];
    for (const { steps, from } of open) {
      for (let index = from; index < offered.length; index++) {
        const step = offered[index];
        if (step === undefined) continue;
        const tried = [...steps, step];
        if (answer(afterwards(facts, tried), facts) === wanted) return size;
        next.push({ steps: tried, from: index + 1 });
      }
    }
    open = next;
  }
  return null;
}
