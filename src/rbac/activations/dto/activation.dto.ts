import type { Activation } from '../activations.types.js';

/** A role that somebody activated or asked to. */
export class ActivationDto {
  id: string;
  /** eligible_assignments.id; null when it was removed. */
  eligibleAssignment: string | null;
  /** users.id of who asked. */
  user: string;
  userDisplayName: string;
  /** roles.id */
  role: string;
  roleName: string;
  scope: string;
  durationSeconds: number;
  reason: string;
  /** `lapsed`: nobody decided within 24 hours. `ended`: over, by its time or earlier. */
  status: 'pending' | 'active' | 'ended' | 'denied' | 'cancelled' | 'lapsed';
  requestedAt: string;
  /** While pending: when it lapses. Once it began: when the role ends. */
  expiresAt: string;
  /** Null while nobody decided. */
  decision: ActivationDecisionDto | null;
  /** role_assignments.id while it is active. */
  assignment: string | null;

  static from(activation: Activation): ActivationDto {
    const { decidedAt, decidedByType, decidedById, decisionReason } = activation;
    const isDecided = decidedAt !== null && decidedByType !== null && decidedById !== null;
    return {
      id: activation.id,
      eligibleAssignment: activation.eligibleAssignmentId,
      user: activation.userId,
      userDisplayName: activation.userDisplayName,
      role: activation.roleId,
      roleName: activation.roleName,
      scope: activation.scope,
      durationSeconds: activation.durationSeconds,
      reason: activation.reason,
      status: activation.status,
      requestedAt: activation.requestedAt.toISOString(),
      expiresAt: activation.expiresAt.toISOString(),
      decision: isDecided
        ? { at: decidedAt.toISOString(), byType: decidedByType, by: decidedById, reason: decisionReason }
        : null,
      assignment: activation.status === 'active' ? activation.assignmentId : null,
    };
  }
}

/** Who approved, denied or cancelled; who activated it where no approval was needed. */
export class ActivationDecisionDto {
  at: string;
  byType: 'user' | 'service_account' | 'system';
  /** users.id, service_accounts.id, or the name of the system's work. */
  by: string;
  reason: string | null;
}

export class ActivationPageDto {
  items: ActivationDto[];
  nextCursor: string | null;
}
