import type { FactsAtRevision } from './access-facts.repository.js';
import { allowedPermissionsOf, isValidAt } from './evaluate-subject.js';
import { roleClosure } from './role-closure.js';

/** What answers: the index in memory, or facts that were just read. Each speaks only of the subjects it was asked for. */
export interface DecisionSource {
  /** @returns undefined for a permission that doesn't exist */
  isAllowed(subjectId: string, permission: string, scope: string): boolean | undefined;
  hasPermission(name: string): boolean;
  /** Scopes of the valid assignments that name a permission. */
  scopesNaming(subjectId: string, permission: string): { allowed: string[]; denied: string[] };
}

/** Facts of the database as a source. What a subject may do at a scope is worked out once. */
export class FactsSource implements DecisionSource {
  private readonly worked = new Map<string, Set<string>>();

  constructor(private readonly facts: FactsAtRevision) {}

  isAllowed(subjectId: string, permission: string, scope: string): boolean | undefined {
    if (!this.hasPermission(permission)) return undefined;
    const key = `${subjectId} ${scope}`;
    let allowed = this.worked.get(key);
    if (allowed === undefined) {
      const { subjects, roles, nowMs } = this.facts;
      const subject = subjects.get(subjectId);
      allowed = subject === undefined ? new Set() : allowedPermissionsOf(subject, roles, scope, nowMs);
      this.worked.set(key, allowed);
    }
    return allowed.has(permission);
  }

  hasPermission(name: string): boolean {
    return this.facts.permissions.has(name);
  }

  scopesNaming(subjectId: string, permission: string): { allowed: string[]; denied: string[] } {
    const { subjects, roles, nowMs } = this.facts;
    const subject = subjects.get(subjectId);
    const naming =
      subject?.active !== true
        ? []
        : subject.assignments.filter(
            (assignment) =>
              isValidAt(assignment, nowMs) && roleClosure(roles, assignment.roleId).permissions.has(permission),
          );
    const scopesOf = (effect: 'allow' | 'deny') =>
      naming.filter((assignment) => assignment.effect === effect).map(({ scope }) => scope);
    return { allowed: scopesOf('allow'), denied: scopesOf('deny') };
  }
}
