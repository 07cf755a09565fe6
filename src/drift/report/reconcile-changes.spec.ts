import type { ActiveIgnoreRule } from '../decisions/ignore-rule.types.js';
import type { ClassifiedChange } from './drift-report.types.js';
import { identityOf, type LiveChange, type ReconcileInput, reconcileChanges } from './reconcile-changes.js';

const NOW = new Date('2026-03-01T10:00:00Z');
const NOTHING = { opened: [], aged: [], updated: [], standing: [], closed: [] };

const UNDECIDED = { decidedById: null, decidedByName: null, decidedAt: null, decisionReason: null };
const DECIDED = {
  decidedById: 'u-1',
  decidedByName: 'Ada',
  decidedAt: new Date('2026-02-01T10:00:00Z'),
  decisionReason: 'agreed',
};
const PAST = {
  by: 'u-1',
  byName: 'Ada',
  at: '2026-02-01T10:00:00.000Z',
  reason: 'agreed',
  until: null,
  severity: 'critical',
  byTwo: false,
} as const;
const RULE: ActiveIgnoreRule = {
  id: 'rule-1',
  resourceType: 'conditionalAccessPolicy',
  resourceKey: null,
  pathPattern: '/state',
  reason: 'known',
  until: new Date('2026-04-01T00:00:00Z'),
  createdById: 'u-2',
  createdByName: 'Bea',
};

function change(part: Partial<ClassifiedChange> = {}): ClassifiedChange {
  return {
    resourceType: 'conditionalAccessPolicy',
    resourceKey: 'policy-1',
    displayName: 'MFA',
    changeType: 'modified',
    path: '/state',
    before: 'enabled',
    after: 'disabled',
    direction: 'loosening',
    severity: 'critical',
    rules: ['CA-01'],
    references: [],
    title: 'A policy was switched off',
    matchedBy: 'id',
    ...part,
  };
}

function live(of: ClassifiedChange, part: Partial<LiveChange> = {}): LiveChange {
  return {
    id: 'live-1',
    identity: Buffer.from(identityOf(of), 'hex'),
    state: 'open',
    stateBeforeClose: null,
    substate: 'ongoing',
    ...(part.state === undefined ? UNDECIDED : DECIDED),
    decisionUntil: null,
    decidedSeverity: part.state === undefined ? null : of.severity,
    decidedByTwo: false,
    toldSeverity: of.severity,
    previousDecision: null,
    ignoreRuleId: null,
    remindedAt: null,
    baselineVersion: 1,
    ...of,
    ...part,
  };
}

function reconcile(part: Partial<ReconcileInput>) {
  return reconcileChanges({
    current: [],
    live: [],
    closedBefore: new Map(),
    contains: () => false,
    ignoreRules: [],
    assess: () => 'assessed',
    baselineVersion: 1,
    severitiesUncertain: false,
    now: NOW,
    ...part,
  });
}

describe('what a scan makes of the changes that are known', () => {
  it('opens what is new once, however often it is said', () => {
    const { opened } = reconcile({ current: [change(), change()] });
    expect(opened.map(({ substate }) => substate)).toEqual(['new']);
  });

  it('says that a change came back after it was closed', () => {
    const { opened } = reconcile({
      current: [change()],
      closedBefore: new Map([[identityOf(change()), { decision: null, acceptedUntilReplaced: false }]]),
    });
    expect(opened[0]).toMatchObject({ substate: 'regressed', reopenReason: 'came-back', decision: null });
  });

  it('writes nothing for a change that is as it was', () => {
    expect(reconcile({ current: [change()], live: [live(change())] })).toEqual(NOTHING);
  });

  it('lets a new change age once, and takes over another severity', () => {
    expect(reconcile({ current: [change()], live: [live(change(), { substate: 'new' })] })).toMatchObject({
      aged: [{ id: 'live-1' }],
      updated: [],
    });
    expect(reconcile({ current: [change({ severity: 'high' })], live: [live(change())] }).updated).toHaveLength(1);
  });

  it.each(['accepted', 'ignored'] as const)('keeps a change %s while its value stays', (state) => {
    expect(reconcile({ current: [change()], live: [live(change(), { state })] })).toEqual(NOTHING);
  });

  it.each([
    ['accepted', 'accept'],
    ['ignored', 'ignore'],
    ['denied', 'deny'],
  ] as const)('opens what was %s again when its value changes further, and shows the decision', (state, kind) => {
    const decided = live(change({ after: 'enabledForReportingButNotEnforced' }), { state });
    const { opened } = reconcile({ current: [change({ after: 'disabled' })], live: [decided] });
    expect(opened).toMatchObject([
      { state: 'open', substate: 'regressed', reopenReason: 'value-changed', decision: { kind, ...PAST } },
    ]);
  });

  it('shows a decision through an undecided value in between', () => {
    const between = live(change({ after: 'between' }), {
      previousDecision: JSON.stringify({ kind: 'accept', ...PAST }),
    });
    const { opened } = reconcile({ current: [change()], live: [between] });
    expect(opened[0]).toMatchObject({ substate: 'new', reopenReason: null, decision: { kind: 'accept', ...PAST } });
  });

  describe('where an accepted value was replaced', () => {
    const closedBefore = (until: string | null) =>
      new Map([
        [identityOf(change()), { decision: { kind: 'accept' as const, ...PAST, until }, acceptedUntilReplaced: true }],
      ]);
    const between = live(change({ after: 'between' }), {
      previousDecision: JSON.stringify({ kind: 'accept', ...PAST }),
    });

    it('asks again when somebody decided otherwise meanwhile', () => {
      const other = { kind: 'deny', ...PAST, at: '2026-02-02T10:00:00.000Z' };
      for (const predecessor of [
        live(change({ after: 'between' }), { state: 'accepted' }),
        live(change({ after: 'between' }), { previousDecision: JSON.stringify(other) }),
      ]) {
        const { opened } = reconcile({ current: [change()], live: [predecessor], closedBefore: closedBefore(null) });
        expect(opened).toMatchObject([{ state: 'open' }]);
      }
    });

    it('keeps the decision when it comes back, and closes what was in between', () => {
      const { opened, closed } = reconcile({ current: [change()], live: [between], closedBefore: closedBefore(null) });
      expect(opened).toMatchObject([{ state: 'accepted', reopenReason: null, decision: { kind: 'accept' } }]);
      expect(closed).toEqual([{ live: between, reason: 'restored' }]);
    });

    it('asks again when the decision ran out meanwhile', () => {
      const { opened, closed } = reconcile({
        current: [change()],
        live: [between],
        closedBefore: closedBefore(NOW.toISOString()),
      });
      expect(opened).toMatchObject([{ state: 'open', reopenReason: 'came-back' }]);
      expect(closed).toEqual([{ live: between, reason: 'superseded' }]);
    });

    it('asks again when the value had been that of the baseline meanwhile', () => {
      const { opened } = reconcile({ current: [change()], closedBefore: closedBefore(null) });
      expect(opened).toMatchObject([{ state: 'open', substate: 'regressed', reopenReason: 'came-back' }]);
    });
  });

  describe('with a rule that ignores', () => {
    it('opens what it matches as ignored, and says by which', () => {
      const { opened } = reconcile({ current: [change()], ignoreRules: [RULE] });
      expect(opened).toMatchObject([{ state: 'ignored', rule: RULE, substate: 'new' }]);
    });

    it('ignores what is open, and leaves alone what somebody decided', () => {
      const revised = (state: 'open' | 'accepted' | 'denied') =>
        reconcile({ current: [change()], live: [live(change(), { state })], ignoreRules: [RULE] }).updated;
      expect(revised('open')).toMatchObject([{ state: 'ignored', rule: RULE, reopened: false }]);
      expect([revised('accepted'), revised('denied')]).toEqual([[], []]);
    });

    it('opens again what no rule ignores any more, found or not assessed, and only then', () => {
      const ruled = live(change(), { state: 'ignored', ignoreRuleId: RULE.id, decisionUntil: RULE.until });
      const again = { state: 'open', reopened: true, reopenReason: 'rule-ended' };
      expect(reconcile({ current: [change()], live: [ruled] }).updated).toMatchObject([again]);
      expect(reconcile({ live: [ruled], assess: () => 'not-assessed' }).updated).toMatchObject([again]);
      expect(reconcile({ current: [change()], live: [ruled], ignoreRules: [RULE] })).toEqual(NOTHING);
    });

    it('passes on quietly to another rule', () => {
      const ruled = live(change(), { state: 'ignored', ignoreRuleId: 'gone' });
      expect(reconcile({ current: [change()], live: [ruled], ignoreRules: [RULE] }).updated).toMatchObject([
        { state: 'ignored', rule: RULE, reopened: false },
      ]);
    });

    it('ignores nothing of another type, object or path, and an object that went only by a rule for the object', () => {
      const removed = change({ changeType: 'removed', path: '', after: null });
      const states = (rule: Partial<ActiveIgnoreRule>, current: ClassifiedChange) =>
        reconcile({ current: [current], ignoreRules: [{ ...RULE, ...rule }] }).opened.map(({ state }) => state);
      expect(states({ resourceType: 'namedLocation' }, change())).toEqual(['open']);
      expect(states({ resourceKey: 'policy-2' }, change())).toEqual(['open']);
      expect(states({ pathPattern: '/conditions' }, change())).toEqual(['open']);
      expect(states({ pathPattern: '/state' }, removed)).toEqual(['open']);
      expect(states({ resourceKey: 'policy-1', pathPattern: null }, removed)).toEqual(['ignored']);
      expect(states({ pathPattern: '/conditions/*' }, change({ path: '/conditions/users/x' }))).toEqual(['ignored']);
    });
  });

  it('tells of a denied change at the first scan, then once a day, and never where it could not look', () => {
    const standing = (remindedAt: Date | null, part: Partial<ReconcileInput> = { current: [change()] }) =>
      reconcile({ ...part, live: [live(change(), { state: 'denied', remindedAt })] }).standing.length;
    expect(standing(null)).toBe(1);
    expect(standing(new Date('2026-02-28T10:00:01Z'))).toBe(0);
    expect(standing(new Date('2026-02-28T10:00:00Z'))).toBe(1);
    expect(standing(null, { assess: () => 'not-assessed' })).toBe(0);
    expect(standing(null, {})).toBe(0);
  });

  it('opens a new change when an accepted value changes further', () => {
    const accepted = live(change({ after: 'enabledForReportingButNotEnforced' }), { state: 'accepted' });
    const { opened, closed } = reconcile({ current: [change({ after: 'disabled' })], live: [accepted] });
    expect(opened).toHaveLength(1);
    expect(closed).toEqual([{ live: accepted, reason: 'superseded' }]);
  });

  it('opens a new change when an accepted set loses one more element', () => {
    const first = change({ path: '/conditions/users/includeGroups', before: ['a'], after: [] });
    const further = { ...first, before: ['a', 'b'] };
    const { opened } = reconcile({ current: [further], live: [live(first, { state: 'accepted' })] });
    expect(opened).toHaveLength(1);
  });

  it('opens a decision that ran out again, and not a moment before', () => {
    const until = (at: string) => live(change(), { state: 'ignored', decisionUntil: new Date(at) });
    expect(reconcile({ current: [change()], live: [until('2026-03-01T10:00:00Z')] }).updated[0]?.reopened).toBe(true);
    expect(reconcile({ current: [change()], live: [until('2026-03-01T10:00:01Z')] }).updated).toEqual([]);
  });

  it('closes what was reverted, and says so when a new baseline is the reason', () => {
    expect(reconcile({ live: [live(change())] }).closed[0]?.reason).toBe('reverted');
    const contained = reconcile({ live: [live(change())], baselineVersion: 2, contains: () => true });
    expect(contained.closed[0]?.reason).toBe('baseline');
  });

  it('closes nothing that the scan could not see', () => {
    expect(reconcile({ live: [live(change())], assess: () => 'not-assessed' })).toEqual(NOTHING);
  });

  it('opens a decision that ran out again also where the scan could not see the change', () => {
    const ranOut = live(change(), { state: 'ignored', decisionUntil: NOW });
    const { updated, closed } = reconcile({ live: [ranOut], assess: () => 'not-assessed' });
    expect(updated).toMatchObject([{ live: ranOut, change: null, meaning: ranOut, reopened: true }]);
    expect(closed).toEqual([]);
  });

  it('does not call reverted what nothing names any more', () => {
    expect(reconcile({ live: [live(change())], assess: () => 'out-of-scope' }).closed[0]?.reason).toBe('unreferenced');
  });

  it.each([
    ['the object', ''],
    ['what it lies in', '/conditions/users'],
    ['the same place, in the form that the tenant has it in', '/conditions/users/\ud800'],
  ])('does not call reverted what another change of %s took over', (_what, path) => {
    const first = live(change({ path: '/conditions/users/\ufffd' }));
    const removed = change({ changeType: path === '' ? 'removed' : 'modified', path, after: null });
    expect(reconcile({ current: [removed], live: [first] }).closed[0]?.reason).toBe('superseded');
  });

  it('calls reverted what only a neighbour or another object changed beside', () => {
    const current = [change({ path: '/stat' }), change({ path: '', resourceKey: 'policy-2' })];
    expect(reconcile({ current, live: [live(change())] }).closed[0]?.reason).toBe('reverted');
  });

  it('holds a change that stays against the new baseline, and closes another for its own baseline', () => {
    const { updated } = reconcile({
      current: [change({ before: 'other' })],
      live: [live(change())],
      baselineVersion: 2,
    });
    expect(updated).toMatchObject([{ change: { before: 'other' }, reopened: false }]);
    const found = live(change(), { baselineVersion: 2 });
    expect(reconcile({ live: [found], baselineVersion: 2 }).closed[0]?.reason).toBe('reverted');
  });

  it('compares meanings as they are stored', () => {
    const odd = change({ title: 'a\0', displayName: '\ud800' });
    const stored = live(odd, { title: 'a\ufffd', displayName: '\ufffd' });
    expect(reconcile({ current: [odd], live: [stored] })).toEqual(NOTHING);
  });

  it('lowers no severity while something is unread that it depends on, and raises it all the same', () => {
    const known = live(change({ severity: 'high' }));
    const say = (severity: 'medium' | 'critical', severitiesUncertain: boolean) =>
      reconcile({ current: [change({ severity })], live: [known], severitiesUncertain }).updated.map(
        ({ meaning }) => meaning.severity,
      );
    expect(say('medium', true)).toEqual([]);
    expect(say('medium', false)).toEqual(['medium']);
    expect(say('critical', true)).toEqual(['critical']);
  });

  it('tells objects, paths, values and kinds of change apart', () => {
    const identities = [
      change(),
      change({ resourceKey: 'policy-2' }),
      change({ resourceType: 'namedLocation' }),
      change({ path: '/displayName' }),
      change({ after: 'enabled' }),
      change({ after: null }),
      change({ changeType: 'removed', path: '', after: null }),
    ].map(identityOf);
    expect(new Set(identities).size).toBe(identities.length);
    expect(identityOf(change({ severity: 'low', displayName: 'another', before: 'other' }))).toBe(identities[0]);
  });
});
