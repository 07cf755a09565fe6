import type { ClassifiedChange } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';
import { identityOf, type LiveChange, type ReconcileInput, reconcileChanges } from './reconcile-changes.js';

const NOW = new Date('2026-03-01T10:00:00Z');
const NOTHING = { opened: [], aged: [], updated: [], closed: [] };

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

function live(of: ClassifiedChange, part: Partial<ReadableChange> = {}): LiveChange {
  return {
    id: 'live-1',
    identity: Buffer.from(identityOf(of), 'hex'),
    state: 'open',
    substate: 'ongoing',
    decisionUntil: null,
    baselineVersion: 1,
    ...of,
    ...part,
  };
}

function reconcile(part: Partial<ReconcileInput>) {
  return reconcileChanges({
    current: [],
    live: [],
    closedBefore: new Set(),
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
    const { opened } = reconcile({ current: [change()], closedBefore: new Set([identityOf(change())]) });
    expect(opened[0]?.substate).toBe('regressed');
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
    expect(reconcile({ live: [live(change())], baselineVersion: 2 }).closed[0]?.reason).toBe('baseline');
  });

  it('closes nothing that the scan could not see', () => {
    expect(reconcile({ live: [live(change())], assess: () => 'not-assessed' })).toEqual(NOTHING);
  });

  it('opens a decision that ran out again also where the scan could not see the change', () => {
    const ranOut = live(change(), { state: 'ignored', decisionUntil: NOW });
    const { updated, closed } = reconcile({ live: [ranOut], assess: () => 'not-assessed' });
    expect([updated, closed]).toEqual([[{ live: ranOut, change: null, meaning: ranOut, reopened: true }], []]);
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
