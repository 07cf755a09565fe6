import type { AuditRow } from '../log/canonical-record.js';

/** A record that is in the log, with its place there. */
export interface SealedRecord {
  leafIndex: number;
  row: AuditRow;
  /** Of the tree at this place; null when it has none there. */
  leafHash: Buffer | null;
  /** The row isn't what was sealed: somebody wrote to it past the service. */
  changed: boolean;
}

/** A record that is in the log and, although its month is kept, no longer in the table as it was sealed: what is left of it. */
export interface LostRecord {
  leafIndex: number;
  /** Null where the leaf that named it is gone as well. */
  id: string | null;
  /** RFC 3339, UTC, microseconds. Of one without an id: that of the nearest leaf before it, or of none, now. */
  occurredAt: string;
  /** `changed`: a row of this id is there and says something else. Absent where it is gone. */
  kind?: 'changed';
  leafHash?: Buffer | null;
}
const LOST_REASON = 'This record is in the log, but was taken out of the table past the service.';
const CHANGED_REASON = 'This record is in the log, but was changed in the table past the service.';

export function lostReason({ kind }: LostRecord): string {
  return kind === 'changed' ? CHANGED_REASON : LOST_REASON;
}

/** How records are written for somebody else. Pure: the same record is always written the same. */
export interface AuditFormat {
  /** In one line, without the line's end. Throws for no record, whatever stands in it. */
  line(record: SealedRecord): string;
  /** The same for a receiver that takes no longer one: without states and long texts, and saying so. */
  shortened(record: SealedRecord): string;
  /** The same for one of which nothing but its place is left. */
  lost(record: LostRecord): string;
}
