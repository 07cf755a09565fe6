import type { SubjectRef, VisibleScopes } from '../rbac.types.js';

/** Nothing shorter is worth its records. */
export const MIN_ACTIVATION_SECONDS = 60;

/** A role that somebody may activate: it counts for nothing until then. */
export interface EligibleAssignment {
  id: string;
  /** A user, or a group whose members may. */
  subject: SubjectRef;
  roleId: string;
  roleName: string;
  /** How long one activation may last, and whether it waits for somebody else's approval. */
  activationMaxSeconds: number;
  activationNeedsApproval: boolean;
  scope: string;
  validFrom: Date;
  /** Null: until it is removed. */
  validUntil: Date | null;
  reason: string;
  assignedByType: 'user' | 'service_account' | 'system';
  assignedById: string;
  createdAt: Date;
}

export interface NewEligibleAssignment {
  /** users.id or groups.id */
  subjectId: string;
  roleId: string;
  scope: string;
  /** Null: from now, by the database's clock. */
  validFrom: Date | null;
  validUntil: Date | null;
  reason: string;
}

export interface EligibleFilter {
  /** users.id or groups.id */
  subjectId?: string;
  roleId?: string;
  /** Those on it and below it. */
  scope?: string;
}

/** `lapsed`: nobody decided in time. `ended`: over, by its time or earlier. */
export const ACTIVATION_STATUSES = ['pending', 'active', 'ended', 'denied', 'cancelled', 'lapsed'] as const;
export type ActivationStatus = (typeof ACTIVATION_STATUSES)[number];

/** A role that somebody activated or asked to. */
export interface Activation {
  id: string;
  /** Null: it was removed. */
  eligibleAssignmentId: string | null;
  /** users.id of who asked. */
  userId: string;
  userDisplayName: string;
  /** tenants.id */
  tenantId: string;
  roleId: string;
  roleName: string;
  scope: string;
  durationSeconds: number;
  reason: string;
  /** By the database's clock. */
  status: ActivationStatus;
  requestedAt: Date;
  /** While pending: when it lapses. Once approved: when the role ends. */
  expiresAt: Date;
  decidedAt: Date | null;
  decidedByType: 'user' | 'service_account' | 'system' | null;
  decidedById: string | null;
  decisionReason: string | null;
  /** role_assignments.id while it stands. */
  assignmentId: string | null;
}

export interface ActivationRequest {
  eligibleAssignmentId: string;
  /** At least MIN_ACTIVATION_SECONDS; null: as long as may be. */
  durationSeconds: number | null;
  reason: string;
}

export interface ActivationFilter {
  status?: ActivationStatus;
  /** users.id */
  userId?: string;
  roleId?: string;
}

/** Who reads: everybody sees their own, and others' where they read access or approve activations. */
export interface ActivationReader {
  /** users.id or service_accounts.id */
  id: string;
  reading: VisibleScopes;
  approving: VisibleScopes;
}
