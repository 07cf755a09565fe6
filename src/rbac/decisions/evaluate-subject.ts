import { isAtOrBelow } from '../scope.js';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from './access-facts.js';
import { RoleClosures } from './role-closures.js';

/** Whether an assignment holds at this moment. @param nowMs Unix milliseconds */
export function isValidAt(assignment: AssignmentFacts, nowMs: number): boolean {
  return assignment.validFrom <= nowMs && (assignment.validUntil === null || nowMs < assignment.validUntil);
}

/**
 * The rule of every decision: somebody active may do what at least one valid assignment at or above the scope allows and none
 * denies.
 *
 * @param nowMs Unix milliseconds, by the database's clock
 */
export function isAllowed(
  subject: SubjectFacts,
  roles: ReadonlyMap<string, RoleFacts>,
  permission: string,
  scope: string,
  nowMs: number,
): boolean {
  if (!subject.active) return false;
  const closures = RoleClosures.in(roles);
  let allowed = false;
  for (const assignment of subject.assignments) {
    if (!isValidAt(assignment, nowMs) || !isAtOrBelow(scope, assignment.scope)) continue;
    if (!closures.of(assignment.roleId).permissions.has(permission)) continue;
    if (assignment.effect === 'deny') return false;
    allowed = true;
  }
  return allowed;
}

/** Everything that a subject may do at a scope, by the same rule. @returns names of permissions */
export function allowedPermissionsOf(
  subject: SubjectFacts,
  roles: ReadonlyMap<string, RoleFacts>,
  scope: string,
  nowMs: number,
): Set<string> {
  const allowed = new Set<string>();
  if (!subject.active) return allowed;
  const closures = RoleClosures.in(roles);
  const reaching = subject.assignments.filter(
    (assignment) => isValidAt(assignment, nowMs) && isAtOrBelow(scope, assignment.scope),
  );
  for (const { effect, roleId } of reaching) {
    if (effect === 'allow') for (const name of closures.of(roleId).permissions) allowed.add(name);
  }
  for (const { effect, roleId } of reaching) {
    if (effect === 'deny') for (const name of closures.of(roleId).permissions) allowed.delete(name);
  }
  return allowed;
}
