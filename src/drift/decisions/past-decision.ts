import type { ReadableChange } from '../report/readable-change.js';
import type { PastDecision } from './decision.types.js';

type Decided = Pick<
  ReadableChange,
  | 'state'
  | 'stateBeforeClose'
  | 'decidedById'
  | 'decidedByName'
  | 'decidedAt'
  | 'decisionReason'
  | 'decisionUntil'
  | 'decidedSeverity'
  | 'decidedByTwo'
  | 'previousDecision'
>;

const KINDS = { accepted: 'accept', ignored: 'ignore', denied: 'deny' } as const;

/** What was last decided about a change, by now or before. */
export function lastDecision(change: Decided): PastDecision | null {
  const state = change.state === 'closed' ? change.stateBeforeClose : change.state;
  if (state === null || state === 'open' || change.decidedById === null)
    return change.previousDecision === null ? null : (JSON.parse(change.previousDecision) as PastDecision);
  return {
    kind: KINDS[state],
    by: change.decidedById,
    byName: change.decidedByName ?? change.decidedById,
    at: (change.decidedAt ?? new Date(0)).toISOString(),
    reason: change.decisionReason ?? '',
    until: change.decisionUntil?.toISOString() ?? null,
    severity: change.decidedSeverity,
    byTwo: change.decidedByTwo,
  };
}
