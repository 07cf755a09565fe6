import type { JsonObject } from '../../crypto/canonical-json.js';
import type { FoundRecord } from '../read/audit-search.service.js';

const NO_STATES: { before: JsonObject | null; after: JsonObject | null } = { before: null, after: null };

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
  /** RFC 3339 with microseconds, by the database's clock. */
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

  /** Its place in the audit log, from 0 on; null while it isn't sealed, which takes about a second. */
  leafIndex: number | null;
  /** SHA-256(0x00 || record) as base64; null while it isn't sealed. */
  leafHash: string | null;

  static from({ row: event, place }: FoundRecord): AuditEventDto {
    const states = event.states === null ? NO_STATES : (JSON.parse(event.states) as typeof NO_STATES);
    return {
      id: event.id,
      occurredAt: event.occurredAt,
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
      before: states.before,
      after: states.after,
      leafIndex: place?.leafIndex ?? null,
      leafHash: place?.leafHash.toString('base64') ?? null,
    };
  }
}

export class AuditEventPageDto {
  items: AuditEventDto[];
  nextCursor: string | null;
}
