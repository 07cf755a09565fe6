import type { Permission } from '../access/permissions.js';

export type AssignmentEffect = 'allow' | 'deny';

export interface RoleSummary {
  /** roles.id */
  id: string;
  name: string;
  description: string;
  isSystem: boolean;
}

export interface Assignment {
  id: string;
  /** users.id */
  userId: string;
  roleId: string;
  roleName: string;
  scope: string;
  effect: AssignmentEffect;
  validFrom: Date;
  /** Null: until it is removed. */
  validUntil: Date | null;
  reason: string;
  assignedByType: 'user' | 'system';
  assignedById: string;
  createdAt: Date;
}

export interface NewAssignment {
  userId: string;
  roleId: string;
  scope: string;
  effect: AssignmentEffect;
  /** Null: from now, by the database's clock. */
  validFrom: Date | null;
  validUntil: Date | null;
  reason: string;
}

export interface AssignmentFilter {
  userId?: string;
  roleId?: string;
}

/** One permission that one valid assignment brings or denies. */
export interface AccessGrant {
  permission: Permission;
  assignmentId: string;
  roleName: string;
  effect: AssignmentEffect;
  scope: string;
  validUntil: Date | null;
}

/** What a user holds in the end, and through which assignments. */
export interface EffectiveAccess {
  permission: Permission;
  allowed: boolean;
  via: Omit<AccessGrant, 'permission'>[];
}
