import type { PastDecision } from '../decisions/decision.types.js';
import type { ClassifiedChange, Severity } from './drift-report.types.js';
import { identityOf, type LiveChange, type ReconcileInput, reconcileChanges } from './reconcile-changes.js';

const NOW = new Date('2026-03-01T10:00:00Z');

function change(severity: Severity, after = 'disabled'): ClassifiedChange {
  return {
    resourceType: 'conditionalAccessPolicy',
    resourceKey: 'policy-1',
    displayName: 'MFA',
    changeType: 'modified',
    path: '/state',
    before: 'enabled',
    after,
    direction: 'loosening',
    severity,
    rules: ['CA-01'],
    references: [],
    title: 'A policy was switched off',
    matchedBy: 'id',
  };
}

function live(severity: Severity, part: Partial<LiveChange> = {}): LiveChange {
  const found = change(severity);
  const isDecided = part.state !== undefined && part.state !== 'open';
  return {
    ...found,
    id: 'live-1',
    identity: Buffer.from(identityOf(found), 'hex'),
    state: 'open',
    stateBeforeClose: null,
    substate: 'ongoing',
    decidedById: isDecided ? 'u-1' : null,
    decidedByName: isDecided ? 'Ada' : null,
    decidedAt: isDecided ? new Date('2026-02-01T10:00:00Z') : null,
    decisionReason: isDecided ? 'agreed' : null,
    decisionUntil: null,
    decidedSeverity: isDecided ? severity : null,
    decidedByTwo: false,
    toldSeverity: severity,
    previousDecision: null,
    ignoreRuleId: null,
    remindedAt: null,
    baselineVersion: 1,
    ...part,
  };
}

const reconcile = (part: Partial<ReconcileInput>) =>
  reconcileChanges({
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
const revised = (now: Severity, before: LiveChange) => reconcile({ current: [change(now)], live: [before] }).updated[0];

describe('a change that is graver than it was', () => {
  it.each(['accepted', 'ignored'] as const)(
    'is asked anew where one person had %s it while it was harmless',
    (state) => {
      for (const severity of ['high', 'critical'] as const) {
        const reopened = { state: 'open', reopened: true, reopenReason: 'graver', raisedFrom: null };
        expect(revised(severity, live('medium', { state }))).toMatchObject(reopened);
        // Whatever earlier scans made of it in between.
        expect(revised(severity, live('low', { state, severity }))).toMatchObject(reopened);
      }
      expect(revised('medium', live('low', { state }))).toMatchObject({ state, reopened: false, raisedFrom: null });
    },
  );

  it('stays as decided where it was grave then, two people decided, or a rule did; a denial stands', () => {
    const stays = (part: Partial<LiveChange>, was: Severity = 'medium') =>
      expect(revised('critical', live(was, part))).toMatchObject({ state: part.state, reopened: false });
    stays({ state: 'accepted' }, 'high');
    stays({ state: 'accepted', decidedByTwo: true });
    stays({ state: 'denied' });
    const rule = {
      id: 'rule-1',
      resourceType: 'conditionalAccessPolicy' as const,
      resourceKey: null,
      pathPattern: '/state',
      reason: 'known',
      until: new Date('2026-04-01T00:00:00Z'),
      createdById: 'u-2',
      createdByName: 'Bea',
    };
    const ruled = live('medium', { state: 'ignored', ignoreRuleId: rule.id, decidedSeverity: null });
    const { updated } = reconcile({ current: [change('critical')], live: [ruled], ignoreRules: [rule] });
    expect(updated[0]).toMatchObject({ state: 'ignored', reopened: false });
  });

  it('is not accepted again when the value comes back and one person had accepted it while it was harmless', () => {
    const past = (severity: Severity, byTwo = false): PastDecision => ({
      kind: 'accept',
      by: 'u-1',
      byName: 'Ada',
      at: '2026-02-01T10:00:00.000Z',
      reason: 'agreed',
      until: null,
      severity,
      byTwo,
    });
    const stateOf = (decision: PastDecision) => {
      const between = live('high', { path: '/state', previousDecision: JSON.stringify(decision) });
      const identity = Buffer.from(identityOf(change('high', 'reporting')), 'hex');
      const closedBefore = new Map([[identityOf(change('high')), { decision, acceptedUntilReplaced: true }]]);
      return reconcile({ current: [change('high')], live: [{ ...between, identity }], closedBefore }).opened[0]?.state;
    };
    expect([stateOf(past('high')), stateOf(past('medium')), stateOf(past('medium', true))]).toEqual([
      'accepted',
      'open',
      'accepted',
    ]);
    const { severity: _, byTwo: __, ...older } = past('high');
    expect(stateOf(older)).toBe('open');
  });

  it('is told of once for each level, while somebody has to see to it', () => {
    expect(revised('high', live('medium'))).toMatchObject({ raisedFrom: 'medium' });
    expect(revised('critical', live('high', { state: 'denied' }))).toMatchObject({ raisedFrom: 'high' });
    expect(revised('high', live('medium', { toldSeverity: 'high' }))).toMatchObject({ raisedFrom: null });
    expect(revised('medium', live('low'))).toMatchObject({ raisedFrom: null });
    // It rose while it was accepted, and somebody opened it again since.
    expect(revised('critical', live('critical', { toldSeverity: 'high' }))).toMatchObject({ raisedFrom: 'high' });
  });
});
