import type { AssignmentFacts, SubjectFacts } from '../decisions/access-facts.js';
import { isAtOrBelow, overlap } from '../scope.js';

/** Which permissions a role brings, inherited ones included. @param roleId roles.id */
export type PermissionsOfRole = (roleId: string) => ReadonlySet<string>;

/**
 * Until when somebody holds a permission on the whole of a scope: from now on without a gap, and with nothing at, above or below the
 * scope that denies it, now or by what is already assigned for later.
 *
 * @param now Unix milliseconds, by the database's clock
 * @returns Unix milliseconds, Infinity for ever; null when it isn't so held now
 */
export function heldThroughoutUntil(
  subject: SubjectFacts,
  permissionsOf: PermissionsOfRole,
  permission: string,
  scope: string,
  now: number,
): number | null {
  if (!subject.active) return null;
  const standing = subject.assignments.filter(
    (assignment) => endOf(assignment) > now && permissionsOf(assignment.roleId).has(permission),
  );
  if (standing.some(({ effect, scope: denied }) => effect === 'deny' && overlap(denied, scope))) return null;
  const allowing = standing
    .filter(({ effect, scope: allowed }) => effect === 'allow' && isAtOrBelow(scope, allowed))
    .sort((left, right) => left.validFrom - right.validFrom);
  let until = now;
  let held = false;
  for (const assignment of allowing) {
    // It begins after the end of what came before: a gap. At the very end is none: an end is no longer held, a beginning is.
    if (assignment.validFrom > until) break;
    held = true;
    until = Math.max(until, endOf(assignment));
  }
  return held ? until : null;
}

function endOf({ validUntil }: AssignmentFacts): number {
  return validUntil ?? Number.POSITIVE_INFINITY;
}
