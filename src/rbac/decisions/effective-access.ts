import { isAtOrBelow } from '../scope.js';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from './access-facts.js';
import type { AccessVia, EffectiveAccessFilter, EffectiveEntry, EntryKey } from './effective-access.types.js';
import { isValidAt } from './evaluate-subject.js';
import type { EligibleFacts } from './explain.types.js';
import { inheritancePaths } from './explain-paths.js';
import { RoleClosures } from './role-closures.js';

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
  const { subject, roles } = facts;
  const speaking = sourcesByPermission(facts, filter);
  const entries: EffectiveEntry[] = [];
  for (const permission of [...speaking.keys()].sort()) {
    if (after !== null && permission < after[0]) continue;
    const sources = speaking.get(permission) ?? [];
    const scopes = new Set(sources.map(({ assignment }) => filter.scope ?? assignment.scope));
    for (const scope of [...scopes].sort()) {
      if (entries.length >= limit) return entries;
      if (after !== null && permission === after[0] && scope <= after[1]) continue;
      const here = sources.filter(({ assignment }) => isAtOrBelow(scope, assignment.scope));
      const decide = here.filter(({ isEligible }) => !isEligible);
      const allowed = subject.active && decide.length > 0 && !decide.some(({ effect }) => effect === 'deny');
      entries.push({ permission, scope, allowed, via: viaOf(roles, here, permission) });
    }
  }
  return entries;
}

/** What is valid and, where a scope is asked for, reaches it. */
function sourcesByPermission(facts: EffectiveFacts, filter: EffectiveAccessFilter): Map<string, Source[]> {
  const closures = RoleClosures.in(facts.roles);
  const speaking = new Map<string, Source[]>();
  for (const source of sourcesOf(facts)) {
    const { roleId, scope } = source.assignment;
    if (filter.scope !== undefined && !isAtOrBelow(filter.scope, scope)) continue;
    const { permissions } = closures.of(roleId);
    for (const permission of filter.permission === undefined ? permissions : [filter.permission]) {
      if (!permissions.has(permission)) continue;
      const sources = speaking.get(permission);
      if (sources === undefined) speaking.set(permission, [source]);
      else sources.push(source);
    }
  }
  return speaking;
}

function sourcesOf({ subject, eligible, nowMs }: EffectiveFacts): Source[] {
  return [
    ...subject.assignments.map((assignment) => ({ assignment, effect: assignment.effect, isEligible: false })),
    ...eligible.map((assignment) => ({ assignment, effect: 'allow' as const, isEligible: true })),
  ].filter(({ assignment }) => isValidAt({ ...assignment, effect: 'allow' }, nowMs));
}

function viaOf(roles: ReadonlyMap<string, RoleFacts>, speaking: Source[], permission: string): AccessVia[] {
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
