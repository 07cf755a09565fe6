import type { AssignmentFacts } from '../decisions/access-facts.js';
import { isAtOrBelow } from '../scope.js';
import type { AccessDelta } from './access-change.js';
import type { PermissionsOfRole } from './held-throughout.js';

/**
 * What comes with getting somebody's access into one's hands: all that is allowed now or by what is already assigned for later. Only
 * a denial that stands, without an end and over the whole scope, takes something away.
 *
 * @param now Unix milliseconds, by the database's clock
 */
export function reachOf(
  assignments: readonly AssignmentFacts[],
  permissionsOf: PermissionsOfRole,
  now: number,
): AccessDelta[] {
  const standing = assignments.filter(({ validUntil }) => validUntil === null || validUntil > now);
  const denials = standing.filter(
    ({ effect, validFrom, validUntil }) => effect === 'deny' && validFrom <= now && validUntil === null,
  );
  return standing
    .filter(({ effect }) => effect === 'allow')
    .map(({ roleId, scope, validUntil }) => {
      const denied = denials.filter((denial) => isAtOrBelow(scope, denial.scope));
      return {
        permissions: [...permissionsOf(roleId)].filter((permission) =>
          denied.every((denial) => !permissionsOf(denial.roleId).has(permission)),
        ),
        scope,
        gives: true,
        until: validUntil === null ? null : new Date(validUntil),
      };
    })
    .filter(({ permissions }) => permissions.length > 0);
}

/**
 * What an assignment changes when it is made, or when it is removed: a denial that is removed gives.
 *
 * @param permissions of the role, inherited ones included
 */
export function deltaOf(
  assignment: { scope: string; effect: 'allow' | 'deny'; validUntil: Date | null },
  permissions: Iterable<string>,
  adding: boolean,
): AccessDelta {
  return {
    permissions: [...permissions],
    scope: assignment.scope,
    gives: (assignment.effect === 'allow') === adding,
    until: assignment.validUntil,
  };
}
