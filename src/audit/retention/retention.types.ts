import type { RetentionClass } from '../append/retention-class.js';

/** A month of one class; times are half open, and of UTC. */
export interface AuditPartition {
  class: RetentionClass;
  /** `2026-01` */
  month: string;
  from: Date;
  to: Date;
  /** When the last of its records has been kept for as long as its class is. */
  dueAt: Date;
  isDue: boolean;
}

/** What keeps a partition. */
export type PartitionKeeper =
  /** Its time isn't over. */
  | 'not-due'
  /** AUDIT_ARCHIVE_DIR isn't set: nothing is dropped that wasn't exported. */
  | 'no-archive'
  /** Records of it aren't in the log yet, or were taken out of the table. */
  | 'unsealed'
  /** No signed checkpoint covers all of it yet. */
  | 'not-signed'
  /** A stream has not delivered all of it. */
  | 'stream'
  /** A legal hold covers it. */
  | 'hold';

/** Where the records of a partition lie in the log. */
export interface PartitionLeaves {
  /** Rows of the table. */
  records: number;
  /** Leaves of the log; the same number, unless something is wrong. */
  leaves: number;
  /** Null when there are none. */
  first: number | null;
  last: number | null;
}

export interface PartitionStanding extends AuditPartition {
  keptBy: PartitionKeeper[];
}
