import type { AuditRow } from '../log/canonical-record.js';
import { type LostRecord, lostReason } from './audit-format.js';

/** Stands for a record of which nothing but the place can be told: an action of its own, which no record has. */
export function lostRow(record: LostRecord): AuditRow {
  const { leafIndex, id, occurredAt, kind = 'lost' } = record;
  return {
    // An event needs a uid; of one that nothing names, the place is what there is.
    id: id ?? `leaf-${leafIndex}`,
    occurredAt,
    action: `audit.record.${kind}`,
    outcome: 'failure',
    reason: lostReason(record),
    actorType: 'system',
    actorId: null,
    actorName: null,
    sessionId: null,
    tenantId: null,
    targetType: id === null ? null : 'audit-event',
    targetId: id,
    targetName: null,
    sourceAddress: null,
    userAgent: null,
    requestId: null,
    traceId: null,
    states: null,
  };
}
