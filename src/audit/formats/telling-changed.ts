import type { AuditFormat, LostRecord, SealedRecord } from './audit-format.js';

/** What is said of a record whose row isn't what was sealed: its place, and the hash that the tree has there. */
export function changedRecord({ leafIndex, leafHash, row }: SealedRecord): LostRecord {
  return { leafIndex, id: row.id, occurredAt: row.occurredAt, kind: 'changed', leafHash };
}

/** No format writes what somebody put into a row afterwards as if it had been sealed. */
export function tellingChanged(format: AuditFormat): AuditFormat {
  const { line, shortened, lost } = format;
  return {
    line: (record) => (record.changed ? lost(changedRecord(record)) : line(record)),
    shortened: (record) => (record.changed ? lost(changedRecord(record)) : shortened(record)),
    lost,
  };
}
