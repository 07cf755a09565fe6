import type { JsonObject } from '../../crypto/canonical-json.js';
import type { AuditEvent } from '../audit-event.entity.js';

/** Who acted. */
export class AuditActorDto {
  type: 'user' | 'service_account' | 'system' | 'anonymous';
  id: string | null;
  displayName: string | null;
  sessionId: string | null;
}

/** What it was done to. */
export class AuditTargetDto {
  type: string;
  id: string;
  displayName: string | null;
}

/** One record of the trail. */
export class AuditEventDto {
  id: string;
  /** RFC 3339, by the database's clock. */
  occurredAt: string;
  /** Such as `users.user.disabled`; all of them are in docs/contract/audit-events.json. */
  action: string;
  outcome: 'success' | 'denied' | 'failure';
  reason: string | null;
  actor: AuditActorDto;
  target: AuditTargetDto | null;
  tenantId: string | null;
  /** For counted anonymous failures an IPv6 source is its /64. */
  sourceAddress: string | null;
  userAgent: string | null;
  requestId: string | null;
  traceId: string | null;
  /** State before a mutation, secrets masked. */
  before: Record<string, unknown> | null;
  /** State after a mutation, secrets masked. */
  after: Record<string, unknown> | null;

  static from(event: AuditEvent): AuditEventDto {
    return {
      id: event.id,
      occurredAt: event.occurredAt.toISOString(),
      action: event.action,
      outcome: event.outcome,
      reason: event.reason,
      actor: { type: event.actorType, id: event.actorId, displayName: event.actorName, sessionId: event.sessionId },
      target:
        event.targetType === null || event.targetId === null
          ? null
          : { type: event.targetType, id: event.targetId, displayName: event.targetName },
      tenantId: event.tenantId,
      sourceAddress: event.sourceAddress,
      userAgent: event.userAgent,
      requestId: event.requestId,
      traceId: event.traceId,
      before: parsed(event.stateBefore),
      after: parsed(event.stateAfter),
    };
  }
}

export class AuditEventPageDto {
  items: AuditEventDto[];
  nextCursor: string | null;
}

function parsed(state: string | null): JsonObject | null {
  return state === null ? null : (JSON.parse(state) as JsonObject);
}
