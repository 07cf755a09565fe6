import type { AssignmentFacts, RoleFacts } from './access-facts.js';
import { applyChange } from './apply-change.js';
import { isAllowed } from './evaluate-subject.js';
import type { ChangeStep, ExplainedFacts } from './explain.types.js';
import { bears, isActivatable, isInForce } from './explain-paths.js';
import { RoleClosures } from './role-closures.js';

/** Changes that are proposed. */
export const MAX_CHANGES = 5;
/** Steps of one change. Whoever needs more doesn't do it by hand, and finding it takes time as the square of them. */
export const MAX_STEPS = 20;
/** Groups and eligible assignments that are tried one by one. */
const MAX_TRIED = 20;

export interface ProposedChanges {
  changes: ChangeStep[][];
  /** Whether something that takes more than MAX_STEPS was left out. */
  hasLonger: boolean;
}

/**
 * The changes that would turn the answer, smallest first and the less invasive of two equal ones first: each does turn it, and none
 * has a step that it could do without. Where a change with as few steps exists at all, the first one has no more.
 */
export function smallestChanges(facts: ExplainedFacts): ProposedChanges {
  const { subject, roles, permission, scope, nowMs } = facts;
  const isNow = isAllowed(subject, roles, permission, scope, nowMs);
  const deciding = isNow ? facts : { ...facts, subject: { ...subject, assignments: decidingOf(facts) } };
  const turns = (steps: readonly ChangeStep[]) =>
    isAllowed(applyChange(deciding, steps), roles, permission, scope, nowMs) !== isNow;
  const seen = new Set<string>();
  const ways = isNow ? waysToDeny(facts) : waysToAllow(facts);
  const short = ways.filter(isShort);
  const changes = short
    .filter((steps) => {
      const text = JSON.stringify(steps.map((step) => JSON.stringify(step)).sort());
      if (seen.has(text)) return false;
      seen.add(text);
      return turns(steps) && !steps.some((_, index) => turns(steps.toSpliced(index, 1)));
    })
    .sort((left, right) => left.length - right.length)
    .slice(0, MAX_CHANGES);
  return { changes, hasLonger: short.length < ways.length };
}

function isShort({ length }: readonly ChangeStep[]): boolean {
  return length <= MAX_STEPS;
}

/** Enough of what decides: each denial, and of what allows, which no step takes away alone, one a holder. */
function decidingOf(facts: ExplainedFacts): AssignmentFacts[] {
  const { own, byGroup } = inForce(facts, 'allow');
  const denials = inForce(facts, 'deny');
  return [
    ...own.slice(0, 1),
    ...[...byGroup.values()].flatMap((allowing) => allowing.slice(0, 1)),
    ...denials.own,
    ...[...denials.byGroup.values()].flat(),
  ];
}

function waysToDeny(facts: ExplainedFacts): ChangeStep[][] {
  const { own, byGroup } = inForce(facts, 'allow');
  const role = narrowestRole(facts);
  return [
    [...removals(own), ...[...byGroup.keys()].map(leave)],
    removals([...own, ...[...byGroup.values()].flat()]),
    ...(role === null ? [] : [[addition(facts, role, 'deny')]]),
  ];
}

/**
 * Who is not active must become so; each denial in force must go, by itself or with the group; and something must allow. Leaving a
 * group takes what it allows too, so each group is also tried as the one that is kept for that.
 */
function waysToAllow(facts: ExplainedFacts): ChangeStep[][] {
  const { subject, toEnable } = facts;
  if (!subject.active && toEnable === null) return [];
  const enabling: ChangeStep[] = subject.active
    ? []
    : (toEnable ?? []).map((what) => ({ action: what === 'subject' ? 'enable_subject' : 'enable_owner' }));
  const { own, byGroup } = inForce(facts, 'deny');
  const lifting = (keep: (groupId: string, denials: readonly AssignmentFacts[]) => boolean): ChangeStep[] => [
    ...removals(own),
    ...[...byGroup].flatMap(([groupId, denials]) => (keep(groupId, denials) ? removals(denials) : [leave(groupId)])),
  ];
  const allowing = inForce(facts, 'allow').byGroup;
  const keepable = [...byGroup]
    .filter(([groupId]) => allowing.has(groupId))
    .sort(([, left], [, right]) => left.length - right.length)
    .slice(0, MAX_TRIED);
  const lifts = [
    lifting(() => false),
    lifting((_, denials) => denials.length === 1),
    ...keepable.map(([kept]) => lifting((groupId) => groupId === kept)),
    lifting(() => true),
  ];
  const role = narrowestRole(facts);
  const givings: ChangeStep[][] = [
    [],
    ...facts.eligible
      .filter((eligible) => isActivatable(facts, eligible))
      .slice(0, MAX_TRIED)
      .map(({ id }): ChangeStep[] => [{ action: 'activate', eligibleAssignmentId: id }]),
    ...(role === null ? [] : [[addition(facts, role, 'allow')]]),
  ];
  // What is too long for a change is one way and not as many as there are combinations.
  const [longest] = lifts.filter((lift) => !isShort(lift));
  return [
    ...givings.flatMap((giving) => lifts.filter(isShort).map((lift) => [...enabling, ...lift, ...giving])),
    ...(longest === undefined ? [] : [longest]),
  ];
}

/** What decides at the moment and scope of the question, the subject's own and by group. */
function inForce(facts: ExplainedFacts, effect: 'allow' | 'deny') {
  const own: AssignmentFacts[] = [];
  const byGroup = new Map<string, AssignmentFacts[]>();
  for (const assignment of facts.subject.assignments) {
    if (assignment.effect !== effect || !isInForce(facts, assignment) || !bears(facts, assignment.roleId)) continue;
    if (assignment.holderType !== 'group') own.push(assignment);
    else {
      const others = byGroup.get(assignment.holderId);
      if (others === undefined) byGroup.set(assignment.holderId, [assignment]);
      else others.push(assignment);
    }
  }
  return { own, byGroup };
}

/** The role that brings the permission and the least besides; null when none does. */
function narrowestRole({ roles, permission }: ExplainedFacts): RoleFacts | null {
  let narrowest: { role: RoleFacts; size: number } | null = null;
  const closures = RoleClosures.in(roles);
  for (const id of closures.bearing(permission)) {
    const role = roles.get(id);
    if (role === undefined) continue;
    const { size } = closures.of(id).permissions;
    if (narrowest === null || size < narrowest.size || (size === narrowest.size && role.name < narrowest.role.name)) {
      narrowest = { role, size };
    }
  }
  return narrowest?.role ?? null;
}

function removals(assignments: readonly AssignmentFacts[]): ChangeStep[] {
  return assignments.map(({ id }) => ({ action: 'remove_assignment', assignmentId: id }));
}

function leave(groupId: string): ChangeStep {
  return { action: 'remove_member', groupId };
}

function addition({ scope }: ExplainedFacts, role: RoleFacts, effect: 'allow' | 'deny'): ChangeStep {
  return { action: 'add_assignment', roleId: role.id, scope, effect };
}
