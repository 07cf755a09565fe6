import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { canonicalRecord } from '../log/canonical-record.js';
import type { AuditFormat } from './audit-format.js';
import { ocsfEvent } from './ocsf-event.js';

/** An event of OCSF 1.8, with the place and the hash of its record in the log. */
export const OCSF_FORMAT: AuditFormat = {
  line: ({ leafIndex, row }) =>
    JSON.stringify(ocsfEvent(row, { leafIndex, leafHash: leafHash(Buffer.from(canonicalRecord(row), 'utf8')) })),
};
