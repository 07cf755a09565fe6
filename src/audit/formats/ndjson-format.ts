import { canonicalRecord } from '../log/canonical-record.js';
import type { AuditFormat } from './audit-format.js';
import { shortenedRow } from './shortened-row.js';
import { tellingChanged } from './telling-changed.js';

/** The record as it was sealed, verbatim, beside its place: who keeps these lines can compare them with a bundle's later. */
export const NDJSON_FORMAT: AuditFormat = tellingChanged({
  line: ({ leafIndex, row }) => `{"leafIndex":${leafIndex},"record":${canonicalRecord(row)}}`,
  shortened: ({ leafIndex, leafHash, row }) =>
    `{"leafIndex":${leafIndex},"truncated":true,"leafHash":"${leafHash?.toString('base64') ?? ''}","record":${canonicalRecord(shortenedRow(row))}}`,
  lost: ({ leafIndex, id, occurredAt, kind }) => JSON.stringify({ leafIndex, lost: { id, occurredAt, kind } }),
});
