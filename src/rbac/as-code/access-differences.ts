import type { RoleFacts, SubjectFacts } from '../decisions/access-facts.js';
import { allowedPermissionsOf } from '../decisions/evaluate-subject.js';
import { isAtOrBelow } from '../scope.js';
import type { AccessDifference } from './access-document.types.js';

/** Everything that decides on somebody at one moment. */
export interface FactsOfSubject {
  subject: SubjectFacts;
  roles: ReadonlyMap<string, RoleFacts>;
}

/**
 * What somebody gets and loses, now and at each later moment at which anything of theirs begins or ends, on every scope that anything
 * of theirs speaks of. What is so on a scope is not told again of those below it, nor of later moments.
 *
 * @param nowMs Unix milliseconds
 */
export function accessDifferences(
  before: FactsOfSubject,
  after: FactsOfSubject,
  nowMs: number,
): { gains: AccessDifference[]; loses: AccessDifference[] } {
  const assigned = [...before.subject.assignments, ...after.subject.assignments];
  // Shorter ones first: whatever lies above comes before what lies below.
  const scopes = [...new Set(assigned.map(({ scope }) => scope))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  const later = assigned.flatMap(({ validFrom, validUntil }) => [validFrom, validUntil ?? 0]);
  const moments = [...new Set(later.filter((at) => at > nowMs))].sort((a, b) => a - b);
  const gains: AccessDifference[] = [];
  const loses: AccessDifference[] = [];
  for (const at of [nowMs, ...moments]) {
    const from = at === nowMs ? null : new Date(at).toISOString();
    for (const scope of scopes) {
      const held = allowedPermissionsOf(before.subject, before.roles, scope, at);
      const holds = allowedPermissionsOf(after.subject, after.roles, scope, at);
      add(gains, holds, held, scope, from);
      add(loses, held, holds, scope, from);
    }
  }
  return { gains, loses };
}

function add(
  differences: AccessDifference[],
  these: Set<string>,
  others: Set<string>,
  scope: string,
  from: string | null,
): void {
  for (const permission of [...these].sort()) {
    if (others.has(permission)) continue;
    const isTold = differences.some((told) => told.permission === permission && isAtOrBelow(scope, told.scope));
    if (!isTold) differences.push({ permission, scope, from });
  }
}
