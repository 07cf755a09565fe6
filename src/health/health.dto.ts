import type { SlotStatus } from '../jobs/job-slot.types.js';

/** Whether the probed thing holds; details are for those who may see them. */
export class HealthStatusDto {
  status: 'ok' | 'unavailable';
}

/** How the database answers. */
export class DatabaseHealthDto {
  reachable: boolean;
  /** Round trip of a trivial statement; null when it isn't reachable. */
  latencyMs: number | null;
  migrationsPending: boolean;
}

/** How a schedule stands, for one (job, key) of the last seven days. */
export class JobHealthDto {
  /** Such as `drift.scan`. */
  job: string;
  /** What it is about; for scans the id of the watched tenant. */
  key: string;
  lastCompletedAt: string | null;
  /** Age of the last completed slot; null when there is none. */
  secondsSinceCompleted: number | null;
  /** Outcome of the slot that ended last. */
  lastStatus: SlotStatus | null;
  lastReason: string | null;
  pending: number;
  running: number;
}

/** What waits in the queue, for one task. */
export class QueueHealthDto {
  task: string;
  due: number;
  later: number;
  /** Failed as often as allowed. */
  dead: number;
  oldestDueAt: string | null;
}

/** Whether the audit log is sealed, as of the last try of the process that answers. */
export class AuditLogHealthDto {
  status: 'ok' | 'refused';
  /** Why nothing is sealed; null while nothing keeps it from it. What to do: docs/operations/audit-log-refused.md. */
  reason: string | null;
}

/** Everything that an operator wants to know at once. */
export class HealthDetailsDto {
  status: 'ok' | 'unavailable';
  uptimeSeconds: number;
  residentMemoryBytes: number;
  role: 'all' | 'api' | 'worker';
  database: DatabaseHealthDto;
  auditLog: AuditLogHealthDto;
  jobs: JobHealthDto[];
  queue: QueueHealthDto[];
}
