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
 * What somebody gets and loses, on every scope that anything of theirs speaks of. What is so on a scope is not told again of those
 * below it.
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
  const gains: AccessDifference[] = [];
  const loses: AccessDifference[] = [];
  for (const scope of scopes) {
    const held = allowedPermissionsOf(before.subject, before.roles, scope, nowMs);
    const holds = allowedPermissionsOf(after.subject, after.roles, scope, nowMs);
    add(gains, holds, held, scope);
    add(loses, held, holds, scope);
  }
  return { gains, loses };
}

function add(differences: AccessDifference[], these: Set<string>, others: Set<string>, scope: string): void {
  for (const permission of [...these].sort()) {
    if (others.has(permission)) continue;
    const isTold = differences.some((told) => told.permission === permission && isAtOrBelow(scope, told.scope));
    if (!isTold) differences.push({ permission, scope });
  }
}
