import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { SlotStatus, SlotTrigger } from '../jobs/job-slot.types.js';
import { SCAN_JOB } from './scan-job.js';
import type { TenantsInReach } from './tenant-access/subject.types.js';

/** One scan as its slot and its report tell it. */
export interface ScanRow {
  id: string;
  tenantId: string;
  trigger: SlotTrigger;
  status: SlotStatus;
  attempts: number;
  reason: string | null;
  slotAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  reportId: string | null;
  snapshotId: string | null;
}

const SELECT = `
  SELECT s.id, s.key AS "tenantId", s.trigger, s.status, s.attempt AS attempts, s.reason, s.slot_at AS "slotAt",
         s.started_at AS "startedAt", s.finished_at AS "finishedAt", r.id AS "reportId", r.snapshot_id AS "snapshotId"
    FROM job_slots s LEFT JOIN drift_reports r ON r.slot_id = s.id
   WHERE s.job = '${SCAN_JOB}'`;

/** Reads the slots of the scan job together with their reports. Slots are written by jobs/ alone. */
@Injectable()
export class ScanHistoryRepository {
  async findById(tx: Transaction, id: string): Promise<ScanRow | null> {
    return (await tx.query<ScanRow[]>(`${SELECT} AND s.id = $1`, [id]))[0] ?? null;
  }

  /** Newest first. */
  findPage(tx: Transaction, tenants: TenantsInReach, limit: number, beforeId: string | null): Promise<ScanRow[]> {
    return tx.query<ScanRow[]>(
      `${SELECT} AND ($1::text[] IS NULL OR s.key = ANY ($1)) AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3`,
      [tenants, beforeId, limit],
    );
  }
}
