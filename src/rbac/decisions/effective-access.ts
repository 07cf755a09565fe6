import { isAtOrBelow } from '../scope.js';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from './access-facts.js';
import type { AccessVia, EffectiveAccessFilter, EffectiveEntry, EntryKey } from './effective-access.types.js';
import { isAllowed, isValidAt } from './evaluate-subject.js';
import type { EligibleFacts } from './explain.types.js';
import { inheritancePaths } from './explain-paths.js';
import { roleClosure } from './role-closure.js';

/** Assignments that one entry names; denials first. */
export const MAX_VIA = 50;

export interface EffectiveFacts {
  subject: SubjectFacts;
  roles: ReadonlyMap<string, RoleFacts>;
  eligible: readonly EligibleFacts[];
  /** Unix milliseconds. */
  nowMs: number;
}

type Source = { assignment: AssignmentFacts | EligibleFacts; effect: 'allow' | 'deny'; isEligible: boolean };

/**
 * Every permission on every scope on which something valid speaks of it, by permission and scope. Only the entries that are returned
 * are looked into.
 *
 * @param after the entries behind this one
 */
export function effectiveAccess(
  facts: EffectiveFacts,
  filter: EffectiveAccessFilter,
  after: EntryKey | null,
  limit: number,
): EffectiveEntry[] {
  const { subject, roles, nowMs } = facts;
  const sources = sourcesOf(facts);
  const scopesOf = new Map<string, Set<string>>();
  for (const { assignment } of sources) {
    if (filter.scope !== undefined && !isAtOrBelow(filter.scope, assignment.scope)) continue;
    for (const permission of roleClosure(roles, assignment.roleId).permissions) {
      if (filter.permission !== undefined && filter.permission !== permission) continue;
      const scopes = scopesOf.get(permission) ?? new Set();
      scopesOf.set(permission, scopes.add(filter.scope ?? assignment.scope));
    }
  }
  const entries: EffectiveEntry[] = [];
  for (const permission of [...scopesOf.keys()].sort()) {
    if (after !== null && permission < after[0]) continue;
    for (const scope of [...(scopesOf.get(permission) ?? [])].sort()) {
      if (entries.length >= limit) return entries;
      if (after !== null && permission === after[0] && scope <= after[1]) continue;
      const allowed = isAllowed(subject, roles, permission, scope, nowMs);
      entries.push({ permission, scope, allowed, via: viaOf(roles, sources, permission, scope) });
    }
  }
  return entries;
}

function sourcesOf({ subject, eligible, nowMs }: EffectiveFacts): Source[] {
  return [
    ...subject.assignments.map((assignment) => ({ assignment, effect: assignment.effect, isEligible: false })),
    ...eligible.map((assignment) => ({ assignment, effect: 'allow' as const, isEligible: true })),
  ].filter(({ assignment }) => isValidAt({ ...assignment, effect: 'allow' }, nowMs));
}

function viaOf(
  roles: ReadonlyMap<string, RoleFacts>,
  sources: readonly Source[],
  permission: string,
  scope: string,
): AccessVia[] {
  const speaking = sources.filter(
    ({ assignment }) =>
      isAtOrBelow(scope, assignment.scope) && roleClosure(roles, assignment.roleId).permissions.has(permission),
  );
  speaking.sort((left, right) => rank(left) - rank(right));
  return speaking.slice(0, MAX_VIA).map(({ assignment, effect, isEligible }) => ({
    assignmentId: assignment.id,
    effect,
    scope: assignment.scope,
    validUntil: assignment.validUntil,
    isEligible,
    groupId: assignment.holderType === 'group' ? assignment.holderId : null,
    roleIds: inheritancePaths(roles, assignment.roleId, permission)[0] ?? [assignment.roleId],
  }));
}

function rank({ effect, isEligible }: Source): number {
  if (effect === 'deny') return 0;
  return isEligible ? 2 : 1;
}
