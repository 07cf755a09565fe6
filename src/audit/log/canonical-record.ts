import type { AuditOutcome } from '../audit.types.js';

/** One record as it lies in the table, its states opened. */
export interface AuditRow {
  /** UUIDv7. */
  id: string;
  /** RFC 3339, UTC, microseconds: everything that PostgreSQL keeps. */
  occurredAt: string;
  action: string;
  outcome: AuditOutcome;
  reason: string | null;
  actorType: 'user' | 'service_account' | 'system' | 'anonymous';
  actorId: string | null;
  actorName: string | null;
  sessionId: string | null;
  tenantId: string | null;
  targetType: string | null;
  targetId: string | null;
  targetName: string | null;
  sourceAddress: string | null;
  userAgent: string | null;
  requestId: string | null;
  traceId: string | null;
  /** What statesText wrote; null when the record has no states. */
  states: string | null;
}

const NO_STATES = '"after":null,"before":null';
const text = JSON.stringify;

/**
 * The bytes that a leaf of the audit log is the hash of: RFC 8785 JSON of the record. Written member by member, in the order of
 * their names, because each record is written so by the sealer, the exports and whoever verifies.
 */
export function canonicalRecord(row: AuditRow): string {
  const target =
    row.targetType === null || row.targetId === null
      ? 'null'
      : `{"displayName":${text(row.targetName)},"id":${text(row.targetId)},"type":${text(row.targetType)}}`;
  return (
    `{"action":${text(row.action)},"actor":{"displayName":${text(row.actorName)},"id":${text(row.actorId)},` +
    `"sessionId":${text(row.sessionId)},"type":${text(row.actorType)}},` +
    `${row.states === null ? NO_STATES : row.states.slice(1, -1)},` +
    `"id":${text(row.id)},"occurredAt":${text(row.occurredAt)},"outcome":${text(row.outcome)},"reason":${text(row.reason)},` +
    `"requestId":${text(row.requestId)},"sourceAddress":${text(row.sourceAddress)},"target":${target},` +
    `"tenantId":${text(row.tenantId)},"traceId":${text(row.traceId)},"userAgent":${text(row.userAgent)},"version":1}`
  );
}

/**
 * Both states of a record as one canonical JSON object; this text is what is sealed.
 *
 * @param before canonical JSON, or null
 * @param after canonical JSON, or null
 */
export function statesText(before: string | null, after: string | null): string | null {
  return before === null && after === null ? null : `{"after":${after ?? 'null'},"before":${before ?? 'null'}}`;
}
