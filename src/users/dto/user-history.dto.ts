import type { AuditRow } from '../../audit/log/canonical-record.js';
import type { JsonObject } from '../../crypto/canonical-json.js';

const NO_STATES: { before: JsonObject | null; after: JsonObject | null } = { before: null, after: null };

/** Who did it. */
export class UserHistoryActorDto {
  type: 'user' | 'service_account' | 'system' | 'anonymous';
  id: string | null;
  displayName: string | null;
}

/** What it was done to: the user, or an assignment, an activation, a session of theirs. */
export class UserHistoryTargetDto {
  type: string;
  id: string;
  displayName: string | null;
}

/** One record of the audit trail. */
export class UserHistoryRecordDto {
  /** Id of the record in the audit trail. */
  id: string;
  /** RFC 3339 with microseconds, by the database's clock. */
  occurredAt: string;
  /** Such as `rbac.assignment.created`; all of them are in docs/contract/audit-events.json. */
  action: string;
  outcome: 'success' | 'denied' | 'failure';
  reason: string | null;
  actor: UserHistoryActorDto;
  target: UserHistoryTargetDto | null;
  /** `X-Request-Id` of the request. */
  requestId: string | null;
  /** State before, secrets masked. */
  before: Record<string, unknown> | null;
  /** State after, secrets masked. */
  after: Record<string, unknown> | null;

  static from(record: AuditRow): UserHistoryRecordDto {
    const { id, occurredAt, action, outcome, reason, targetType, targetId, requestId, states } = record;
    const { before, after } = states === null ? NO_STATES : (JSON.parse(states) as typeof NO_STATES);
    return {
      id,
      occurredAt,
      action,
      outcome,
      reason,
      actor: { type: record.actorType, id: record.actorId, displayName: record.actorName },
      target:
        targetType === null || targetId === null
          ? null
          : { type: targetType, id: targetId, displayName: record.targetName },
      requestId,
      before,
      after,
    };
  }
}

export class UserHistoryPageDto {
  items: UserHistoryRecordDto[];
  nextCursor: string | null;
}
