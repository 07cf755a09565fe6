import type { RetentionClass } from '../../append/retention-class.js';
import type { PartitionStanding } from '../retention.types.js';

/** For how long the records of a class are kept. */
export class RetentionClassDto {
  /** `operation`: what the service does by itself and did well; `security`: everything else. */
  name: 'security' | 'operation';
  days: number;
}

/** A month of one class, by UTC. */
export class RetentionPartitionDto {
  class: 'security' | 'operation';
  /** Such as `2026-01`. */
  month: string;
  /** When its last record has been kept for as long as its class is. */
  dueAt: Date;
  isDue: boolean;
  /** What keeps it; empty: the next run exports and drops it. */
  keptBy: ('not-due' | 'no-archive' | 'unsealed' | 'not-signed' | 'stream' | 'hold')[];
}

/** What is kept of the audit trail. */
export class AuditRetentionDto {
  classes: RetentionClassDto[];
  /** Oldest first. */
  partitions: RetentionPartitionDto[];

  static from(days: Record<RetentionClass, number>, partitions: PartitionStanding[]): AuditRetentionDto {
    return {
      classes: [
        { name: 'security', days: days.security },
        { name: 'operation', days: days.operation },
      ],
      partitions: partitions.map(({ class: name, month, dueAt, isDue, keptBy }) => ({
        class: name,
        month,
        dueAt,
        isDue,
        keptBy,
      })),
    };
  }
}
