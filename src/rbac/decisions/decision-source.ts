import type { SubjectFacts } from './access-facts.js';
import type { FactsAtRevision } from './access-facts.repository.js';
import { isAllowed, isValidAt } from './evaluate-subject.js';
import { RoleClosures } from './role-closures.js';

/** What answers: the index in memory, or facts that were just read. Each speaks only of the subjects it was asked for. */
export interface DecisionSource {
  /** @returns undefined for a permission that doesn't exist */
  isAllowed(subjectId: string, permission: string, scope: string): boolean | undefined;
  hasPermission(name: string): boolean;
  /** Scopes of the valid assignments that name a permission. */
  scopesNaming(subjectId: string, permission: string): { allowed: string[]; denied: string[] };
}

/** Facts of the database as a source. They are of one moment: what was over by then, or begins later, is left out at once. */
export class FactsSource implements DecisionSource {
  private readonly standing = new Map<string, SubjectFacts>();

  constructor(private readonly facts: FactsAtRevision) {
    for (const subject of facts.subjects.values()) {
      const assignments = subject.assignments.filter((assignment) => isValidAt(assignment, facts.nowMs));
      this.standing.set(subject.id, { ...subject, assignments });
    }
  }

  isAllowed(subjectId: string, permission: string, scope: string): boolean | undefined {
    if (!this.hasPermission(permission)) return undefined;
    const subject = this.standing.get(subjectId);
    return subject !== undefined && isAllowed(subject, this.facts.roles, permission, scope, this.facts.nowMs);
  }

  hasPermission(name: string): boolean {
    return this.facts.permissions.has(name);
  }

  scopesNaming(subjectId: string, permission: string): { allowed: string[]; denied: string[] } {
    const subject = this.standing.get(subjectId);
    const closures = RoleClosures.in(this.facts.roles);
    const naming =
      subject?.active !== true
        ? []
        : subject.assignments.filter(({ roleId }) => closures.of(roleId).permissions.has(permission));
    const scopesOf = (effect: 'allow' | 'deny') =>
      naming.filter((assignment) => assignment.effect === effect).map(({ scope }) => scope);
    return { allowed: scopesOf('allow'), denied: scopesOf('deny') };
  }
}
