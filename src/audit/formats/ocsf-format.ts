import { sha256 } from '../../crypto/digest.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { type AuditRow, canonicalRecord } from '../log/canonical-record.js';
import { type AuditFormat, LOST_REASON, type LostRecord, type SealedRecord } from './audit-format.js';
import { ocsfEvent } from './ocsf-event.js';
import { shortenedRow } from './shortened-row.js';

/** An event of OCSF 1.8, with the place and the hash of its record in the log. */
export const OCSF_FORMAT: AuditFormat = {
  line: (record) => eventLine(record, record.row),
  shortened: (record) => eventLine(record, shortenedRow(record.row)),
  lost: (record) => JSON.stringify(ocsfEvent(lostRow(record), { leafIndex: record.leafIndex, leafHash: null })),
};

/** @param row what of the record is written; place and hash are those of the whole */
function eventLine({ leafIndex, row: whole }: SealedRecord, row: AuditRow): string {
  const place = { leafIndex, leafHash: leafHash(Buffer.from(canonicalRecord(whole), 'utf8')) };
  try {
    return JSON.stringify(ocsfEvent(row, place));
  } catch {
    // Whatever somebody wrote into a row past the service, its neighbours are told of, and so is this one.
    return JSON.stringify(ocsfEvent(withoutStates(row), place));
  }
}

function withoutStates(row: AuditRow): AuditRow {
  const digest = sha256(Buffer.from(String(row.states), 'utf8')).toString('hex');
  return { ...row, states: `{"after":{"unreadable":"${digest}"},"before":null}` };
}

/** An action of its own, which no record has. */
function lostRow({ leafIndex, id, occurredAt }: LostRecord): AuditRow {
  return {
    // An event needs a uid; of one that nothing names, the place is what there is.
    id: id ?? `leaf-${leafIndex}`,
    occurredAt,
    action: 'audit.record.lost',
    outcome: 'failure',
    reason: LOST_REASON,
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
