import type { AssignmentFacts, SubjectFacts } from './access-facts.js';
import type { ChangeStep, ExplainedFacts } from './explain.types.js';

/** What the subject would be after the steps, taken in any order. Steps that name nothing of the subject change nothing. */
export function applyChange(facts: ExplainedFacts, steps: readonly ChangeStep[]): SubjectFacts {
  const { subject, eligible, nowMs, toEnable } = facts;
  const removed = new Set<string>();
  const left = new Set<string>();
  const enabled = new Set<'subject' | 'owner'>();
  const added: AssignmentFacts[] = [];
  const add = (roleId: string, scope: string, effect: 'allow' | 'deny') =>
    added.push({
      id: `added ${added.length}`,
      holderType: subject.type,
      holderId: subject.id,
      roleId,
      scope,
      effect,
      validFrom: nowMs,
      validUntil: null,
    });
  for (const step of steps) if (step.action === 'remove_member') left.add(step.groupId);
  for (const step of steps) {
    if (step.action === 'remove_assignment') removed.add(step.assignmentId);
    else if (step.action === 'add_assignment') add(step.roleId, step.scope, step.effect);
    else if (step.action === 'enable_subject') enabled.add('subject');
    else if (step.action === 'enable_owner') enabled.add('owner');
    else if (step.action === 'activate') {
      const found = eligible.find(({ id }) => id === step.eligibleAssignmentId);
      // Who has left a group can't activate what its members may.
      if (found !== undefined && !left.has(found.holderId)) add(found.roleId, found.scope, 'allow');
    }
  }
  return {
    ...subject,
    active: subject.active || (toEnable?.every((what) => enabled.has(what)) ?? false),
    groupIds: subject.groupIds.filter((id) => !left.has(id)),
    assignments: [
      ...subject.assignments.filter(({ id, holderId }) => !removed.has(id) && !left.has(holderId)),
      ...added,
    ],
  };
}
