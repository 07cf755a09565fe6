import type { Assignment } from '../../rbac.types.js';

/** A role given to a user, a service account or a group, or denied. */
export class AssignmentDto {
  id: string;
  subject: AssignmentSubjectDto;
  /** roles.id */
  role: string;
  roleName: string;
  scope: string;
  effect: 'allow' | 'deny';
  validFrom: string;
  /** Null: until it is removed. */
  validUntil: string | null;
  reason: string;
  assignedBy: AssignedByDto;
  createdAt: string;

  static from(assignment: Assignment): AssignmentDto {
    return {
      id: assignment.id,
      subject: { type: assignment.subject.type, id: assignment.subject.id },
      role: assignment.roleId,
      roleName: assignment.roleName,
      scope: assignment.scope,
      effect: assignment.effect,
      validFrom: assignment.validFrom.toISOString(),
      validUntil: assignment.validUntil?.toISOString() ?? null,
      reason: assignment.reason,
      assignedBy: { type: assignment.assignedByType, id: assignment.assignedById },
      createdAt: assignment.createdAt.toISOString(),
    };
  }
}

/** Who holds, or is denied. */
export class AssignmentSubjectDto {
  type: 'user' | 'service_account' | 'group';
  /** users.id, service_accounts.id or groups.id */
  id: string;
}

/** Who made an assignment. */
export class AssignedByDto {
  type: 'user' | 'service_account' | 'system';
  /** users.id, service_accounts.id, or the name of the system's work. */
  id: string;
}

export class AssignmentPageDto {
  items: AssignmentDto[];
  nextCursor: string | null;
}
