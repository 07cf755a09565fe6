/** A time of the database as text, down to the microsecond. */
export function timeText(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/**
 * What of a row of audit_events makes a StoredAuditRow. Times as text: a Date keeps milliseconds, PostgreSQL microseconds, and
 * the log's bytes need all of them.
 */
export const AUDIT_COLUMNS = `
  event.id, ${timeText('event.occurred_at')} AS "occurredAt", event.action, event.outcome,
  event.reason, event.actor_type AS "actorType", event.actor_id AS "actorId", event.actor_name AS "actorName",
  event.session_id AS "sessionId", event.tenant_id AS "tenantId", event.target_type AS "targetType", event.target_id AS "targetId",
  event.target_name AS "targetName", event.source_address AS "sourceAddress", event.user_agent AS "userAgent",
  event.request_id AS "requestId", event.trace_id AS "traceId",
  event.sealed_states AS "sealedStates", event.retention_class AS "retentionClass"`;

/** The record of a leaf: all three, so that PostgreSQL looks into one partition for each. */
export const RECORD_OF_LEAF =
  'event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at';
