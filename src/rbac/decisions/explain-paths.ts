import { isAtOrBelow } from '../scope.js';
import type { AssignmentFacts, RoleFacts } from './access-facts.js';
import { isValidAt } from './evaluate-subject.js';
import {
  type AccessPath,
  type EligibleFacts,
  type ExplainedFacts,
  PATH_STATES,
  type PathState,
} from './explain.types.js';
import { RoleClosures } from './role-closures.js';

/** Ways from one assigned role to the permission that are shown; the shortest. */
export const MAX_PATHS_OF_ASSIGNMENT = 10;
/** Ways from the subject to the permission that are shown; those that apply come first. */
export const MAX_PATHS = 100;

/**
 * Every way from the subject to the permission, those that decide nothing included, and why they don't. First what applies, denials
 * before allows.
 */
export function explainPaths(facts: ExplainedFacts): AccessPath[] {
  const { subject, roles, permission } = facts;
  const isDenied = subject.assignments.some(
    (assignment) => assignment.effect === 'deny' && isInForce(facts, assignment) && bears(facts, assignment.roleId),
  );
  const ways = [
    ...subject.assignments.map((assignment) => ({
      assignment,
      effect: assignment.effect,
      why: stateOf(facts, assignment, isDenied),
    })),
    ...facts.eligible.map((assignment) => ({
      assignment,
      effect: 'allow' as const,
      why: stateOfEligible(facts, assignment),
    })),
    ...facts.removed.map((assignment) => ({ assignment, effect: assignment.effect, why: 'removed' as const })),
  ];
  ways.sort(
    (left, right) =>
      PATH_STATES.indexOf(left.why) - PATH_STATES.indexOf(right.why) ||
      compare(right.effect, left.effect) ||
      compare(left.assignment.id, right.assignment.id),
  );
  const paths: AccessPath[] = [];
  for (const { assignment, effect, why } of ways) {
    if (paths.length >= MAX_PATHS) break;
    const groupId = assignment.holderType === 'group' ? assignment.holderId : null;
    for (const roleIds of inheritancePaths(roles, assignment.roleId, permission)) {
      paths.push({ effect, why, assignment, groupId, roleIds });
    }
  }
  return paths.slice(0, MAX_PATHS);
}

/** Whether it holds at the moment and scope of the question. */
export function isInForce({ scope, nowMs }: ExplainedFacts, assignment: AssignmentFacts): boolean {
  return isValidAt(assignment, nowMs) && isAtOrBelow(scope, assignment.scope);
}

/** Whether a role brings the permission of the question, by itself or by inheritance. */
export function bears({ roles, permission }: ExplainedFacts, roleId: string): boolean {
  return RoleClosures.in(roles).bearing(permission).has(roleId);
}

/** Whether activating it now would give the permission there. */
export function isActivatable(facts: ExplainedFacts, eligible: EligibleFacts): boolean {
  return isInForce(facts, { ...eligible, effect: 'allow' }) && bears(facts, eligible.roleId);
}

/**
 * The ways from a role over those it inherits from to each that holds the permission itself; shortest first, at most
 * MAX_PATHS_OF_ASSIGNMENT.
 *
 * @returns roles.id, the given role first
 */
export function inheritancePaths(
  roles: ReadonlyMap<string, RoleFacts>,
  roleId: string,
  permission: string,
): string[][] {
  // Only roles that lead somewhere are entered, so that the walk is as short as its result.
  const leading = RoleClosures.in(roles).bearing(permission);
  const found: string[][] = [];
  let open: string[][] = leading.has(roleId) ? [[roleId]] : [];
  while (open.length > 0 && found.length < MAX_PATHS_OF_ASSIGNMENT) {
    const next: string[][] = [];
    for (const path of open) {
      const role = roles.get(path.at(-1) ?? '');
      if (role?.permissions.includes(permission)) found.push(path);
      for (const parent of role?.parents ?? []) {
        if (next.length < MAX_PATHS_OF_ASSIGNMENT && !path.includes(parent) && leading.has(parent)) {
          next.push([...path, parent]);
        }
      }
    }
    open = next;
  }
  return found.slice(0, MAX_PATHS_OF_ASSIGNMENT);
}

function stateOf(facts: ExplainedFacts, assignment: AssignmentFacts, isDenied: boolean): PathState {
  const { nowMs, scope, subject } = facts;
  if (!isAtOrBelow(scope, assignment.scope)) return 'other_scope';
  if (nowMs < assignment.validFrom) return 'not_yet_valid';
  if (!isValidAt(assignment, nowMs)) return 'expired';
  if (!subject.active) return 'subject_inactive';
  return isDenied && assignment.effect === 'allow' ? 'denied_elsewhere' : 'applies';
}

function stateOfEligible({ nowMs, scope }: ExplainedFacts, eligible: EligibleFacts): PathState {
  if (!isAtOrBelow(scope, eligible.scope)) return 'other_scope';
  if (nowMs < eligible.validFrom) return 'not_yet_valid';
  return eligible.validUntil !== null && eligible.validUntil <= nowMs ? 'expired' : 'eligible_not_activated';
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
