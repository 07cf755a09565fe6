import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { type AuditRow, canonicalRecord } from '../log/canonical-record.js';
import type { AuditFormat } from './audit-format.js';
import { shortenedRow } from './shortened-row.js';

/** The record as it was sealed, verbatim, beside its place: who keeps these lines can compare them with a bundle's later. */
export const NDJSON_FORMAT: AuditFormat = {
  line: ({ leafIndex, row }) => `{"leafIndex":${leafIndex},"record":${canonicalRecord(row)}}`,
  shortened: ({ leafIndex, row }) =>
    `{"leafIndex":${leafIndex},"truncated":true,"leafHash":"${hashOf(row)}","record":${canonicalRecord(shortenedRow(row))}}`,
  lost: ({ leafIndex, id, occurredAt }) => JSON.stringify({ leafIndex, lost: { id, occurredAt } }),
};

/** Of the record as it was sealed, which a shortened one isn't. */
function hashOf(row: AuditRow): string {
  return leafHash(Buffer.from(canonicalRecord(row), 'utf8')).toString('base64');
}
