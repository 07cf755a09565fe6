import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { SCAN_JOB } from '../scan-job.js';
import type { SubjectKind } from './subject.types.js';

/** Rows of `id` and `tenant`. */
const ROWS: Record<SubjectKind, string> = {
  tenant: 'SELECT id, id::text AS tenant FROM tenants',
  scan: `SELECT id, key AS tenant FROM job_slots WHERE job = '${SCAN_JOB}'`,
  snapshot: 'SELECT id, tenant_id::text AS tenant FROM config_snapshots',
  baseline: 'SELECT id, tenant_id::text AS tenant FROM drift_baselines',
  report: 'SELECT id, tenant_id::text AS tenant FROM drift_reports',
  change: 'SELECT id, tenant_id::text AS tenant FROM drift_changes',
  'ignore-rule': 'SELECT id, tenant_id::text AS tenant FROM drift_ignore_rules',
  'change-window': 'SELECT id, tenant_id::text AS tenant FROM drift_change_windows',
  proposal: 'SELECT id, tenant_id::text AS tenant FROM drift_proposals',
  remediation: 'SELECT id, tenant_id::text AS tenant FROM drift_remediations',
};

/** Whose a thing is. That never changes. */
@Injectable()
export class SubjectTenantsRepository {
  /** @returns tenant by id, of those that there are */
  async find(tx: Transaction, of: SubjectKind, ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await tx.query<{ id: string; tenant: string }[]>(
      `SELECT id, tenant FROM (${ROWS[of]}) AS subjects WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, tenant }) => [id, tenant]));
  }

  async allTenants(tx: Transaction): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>('SELECT id FROM tenants');
    return rows.map(({ id }) => id);
  }
}
