import { sha256 } from '../../crypto/digest.js';
import type { AuditRow } from '../log/canonical-record.js';
import type { AuditFormat, SealedRecord } from './audit-format.js';
import { lostRow } from './lost-row.js';
import { ocsfEvent } from './ocsf-event.js';
import { shortenedRow } from './shortened-row.js';
import { tellingChanged } from './telling-changed.js';

/** An event of OCSF 1.8, with the place and the hash of its record in the log. */
export const OCSF_FORMAT: AuditFormat = tellingChanged({
  line: (record) => eventLine(record, record.row),
  shortened: (record) => eventLine(record, shortenedRow(record.row)),
  lost: (record) =>
    JSON.stringify(ocsfEvent(lostRow(record), { leafIndex: record.leafIndex, leafHash: record.leafHash ?? null })),
});

/** @param row what of the record is written; place and hash are those of the whole, by the tree */
function eventLine({ leafIndex, leafHash }: SealedRecord, row: AuditRow): string {
  const place = { leafIndex, leafHash };
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
