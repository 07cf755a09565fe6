import type { Json } from '../../crypto/canonical-json.js';
import type { ChangeActor, ChangeState, ReportedChange } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

/** A stored change in the form of a report. */
export function reportedChange(change: ReadableChange, state: ChangeState = change.state): ReportedChange {
  return {
    id: change.id,
    state,
    changeSetId: change.changeSetId,
    resourceType: change.resourceType,
    resourceKey: change.resourceKey,
    displayName: change.displayName,
    changeType: change.changeType,
    path: change.path,
    before: JSON.parse(change.beforeJson) as Json,
    after: JSON.parse(change.afterJson) as Json,
    direction: change.direction,
    severity: change.severity,
    rules: change.rules,
    references: change.references,
    title: change.title,
    matchedBy: change.matchedBy,
    actor: actorOf(change),
    attribution: change.attribution,
  };
}

export function actorOf({
  actorType,
  actorId,
  actorName,
}: Pick<ReadableChange, 'actorType' | 'actorId' | 'actorName'>): ChangeActor | null {
  return actorType === null || actorId === null ? null : { type: actorType, id: actorId, displayName: actorName };
}

/** The state that a change had when a report was made: what was decided or closed later wasn't so then. */
export function stateAt(change: ReadableChange, reportedAt: Date): ChangeState {
  const state = change.state === 'closed' ? (change.stateBeforeClose ?? 'open') : change.state;
  return change.decidedAt !== null && change.decidedAt > reportedAt ? 'open' : state;
}
