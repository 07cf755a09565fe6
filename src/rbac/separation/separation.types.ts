import type { JsonObject } from '../../crypto/canonical-json.js';

/** Whether a constraint names roles (roles.id) or permissions (their names). */
export type ConstraintKind = 'roles' | 'permissions';

/** Nobody may hold more than `atMost` of the members at once. */
export interface SeparationConstraint {
  id: string;
  name: string;
  description: string;
  kind: ConstraintKind;
  /** roles.id or names of permissions, sorted; 2 to 50. */
  members: string[];
  /** 1 or more, and fewer than there are members. */
  atMost: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export type NewConstraint = Pick<SeparationConstraint, 'name' | 'description' | 'kind' | 'members' | 'atMost'>;

/** What is absent stays; members are replaced as a whole. */
export type ConstraintPatch = Partial<NewConstraint>;

/** A constraint as it was written, and how many subjects violate it already. */
export interface WrittenConstraint {
  constraint: SeparationConstraint;
  violations: number;
}

/** One assignment that brings one member. */
export interface HeldMember {
  /** roles.id or the name of a permission. */
  member: string;
  /** role_assignments.id */
  assignmentId: string;
  /** The role that was assigned; the member may come from what it inherits. */
  roleId: string;
  /** groups.id when it comes with a group; null: assigned to the subject. */
  groupId: string | null;
  scope: string;
}

/** More members at one place and one moment than a constraint lets anybody hold. */
export interface Violation {
  constraint: SeparationConstraint;
  /** users.id or service_accounts.id */
  subjectId: string;
  /** The place. */
  scope: string;
  /** The first such moment from now on, Unix milliseconds. */
  from: number;
  /** Everything that brings a member there and then. */
  held: HeldMember[];
}

/** A subject that SQL can't rule out. */
export interface ViolationCandidate {
  /** users.id or service_accounts.id */
  subjectId: string;
  type: 'user' | 'service_account';
  displayName: string;
  /** tenants.id */
  tenantId: string;
  /** separation_constraints.id */
  constraintIds: string[];
}

/** A violation with the names that people know. */
export interface NamedViolation {
  subject: Pick<ViolationCandidate, 'type' | 'displayName'> & { id: string };
  scope: string;
  from: Date;
  held: (HeldMember & { memberName: string; roleName: string })[];
}

/** For audit records. */
export function stateOf(constraint: SeparationConstraint): JsonObject {
  const { name, description, kind, members, atMost } = constraint;
  return { name, description, kind, members, atMost };
}
