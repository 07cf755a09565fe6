import type { Permission } from '../access/permissions.js';

export type AssignmentEffect = 'allow' | 'deny';

export interface RoleSummary {
  /** roles.id */
  id: string;
  name: string;
  description: string;
  isSystem: boolean;
}

/** A user or a service account: who can hold roles. */
export interface SubjectRef {
  type: 'user' | 'service_account';
  /** users.id or service_accounts.id */
  id: string;
}

/** What has to be known of a subject to decide on it and to record it. */
export interface AccessSubject extends SubjectRef {
  /** tenants.id */
  tenantId: string;
  displayName: string;
  /** A service account is active only together with its owner. */
  active: boolean;
}

export interface Assignment {
  id: string;
  subject: SubjectRef;
  roleId: string;
  roleName: string;
  scope: string;
  effect: AssignmentEffect;
  validFrom: Date;
  /** Null: until it is removed. */
  validUntil: Date | null;
  reason: string;
  assignedByType: 'user' | 'service_account' | 'system';
  assignedById: string;
  createdAt: Date;
}

export interface NewAssignment {
  /** users.id or service_accounts.id */
  subjectId: string;
  roleId: string;
  scope: string;
  effect: AssignmentEffect;
  /** Null: from now, by the database's clock. */
  validFrom: Date | null;
  validUntil: Date | null;
  reason: string;
}

export interface AssignmentFilter {
  /** users.id or service_accounts.id */
  subjectId?: string;
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

/** What a subject holds in the end, and through which assignments. */
export interface EffectiveAccess {
  permission: Permission;
  allowed: boolean;
  via: Omit<AccessGrant, 'permission'>[];
}
