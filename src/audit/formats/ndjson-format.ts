import { canonicalRecord } from '../log/canonical-record.js';
import type { AuditFormat } from './audit-format.js';

/** The record as it was sealed, verbatim, beside its place: who keeps these lines can compare them with a bundle's later. */
export const NDJSON_FORMAT: AuditFormat = {
  line: ({ leafIndex, row }) => `{"leafIndex":${leafIndex},"record":${canonicalRecord(row)}}`,
};
