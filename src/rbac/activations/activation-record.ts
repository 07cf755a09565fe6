import type { AuditEntry } from '../../audit/audit.types.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { ACTIVATION_ACTIONS } from './activations.events.js';
import type { Activation } from './activations.types.js';

/** What is recorded of an activation. @param reason of whoever does it now */
export function activationEntry(
  verb: 'requested' | 'approved' | 'denied' | 'cancelled' | 'ended',
  activation: Activation,
  reason: string | null,
): AuditEntry {
  return {
    action: ACTIVATION_ACTIONS[`rbac.activation.${verb}`],
    tenantId: activation.tenantId,
    target: { type: 'activation', id: activation.id, displayName: activation.roleName },
    outcome: 'success',
    ...(reason === null ? {} : { reason }),
    after: stateOf(activation),
  };
}

export function stateOf(activation: Activation): JsonObject {
  const { userId, userDisplayName, roleName, scope, durationSeconds, status, expiresAt } = activation;
  return {
    user: userId,
    userDisplayName,
    role: roleName,
    scope,
    durationSeconds,
    status,
    expiresAt: expiresAt.toISOString(),
    eligibleAssignment: activation.eligibleAssignmentId,
    assignment: activation.assignmentId,
  };
}
