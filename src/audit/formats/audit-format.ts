import type { AuditRow } from '../log/canonical-record.js';

/** A record that is in the log, with its place there. */
export interface SealedRecord {
  leafIndex: number;
  row: AuditRow;
}

/** How records are written for somebody else. Pure: the same record is always written the same. */
export interface AuditFormat {
  /** One JSON object in one line, without the line's end. */
  line(record: SealedRecord): string;
}
