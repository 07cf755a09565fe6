import type { AuditRow } from '../log/canonical-record.js';

/** A record that is in the log, with its place there. */
export interface SealedRecord {
  leafIndex: number;
  row: AuditRow;
}

/** A record that is in the log and no longer in the table, although its month is kept: what is left of it. */
export interface LostRecord {
  leafIndex: number;
  /** Null where the leaf that named it is gone as well. */
  id: string | null;
  /** RFC 3339, UTC, microseconds. Of one without an id: that of the nearest leaf before it, or of none, now. */
  occurredAt: string;
}
export const LOST_REASON = 'This record is in the log, but was taken out of the table past the service.';

/** How records are written for somebody else. Pure: the same record is always written the same. */
export interface AuditFormat {
  /** In one line, without the line's end. Throws for no record, whatever stands in it. */
  line(record: SealedRecord): string;
  /** The same for a receiver that takes no longer one: without states and long texts, and saying so. */
  shortened(record: SealedRecord): string;
  /** The same for one of which nothing but its place is left. */
  lost(record: LostRecord): string;
}
