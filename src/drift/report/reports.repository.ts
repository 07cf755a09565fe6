import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { DriftReport } from './drift-report.entity.js';

/** Since when the scans of a tenant have been failing. */
export interface Outage {
  tenantId: string;
  reason: string;
  since: Date;
}

@Injectable()
export class ReportsRepository {
  findLatest(tx: Transaction, tenantId: string): Promise<DriftReport | null> {
    return tx.findOne(DriftReport, { where: { tenantId }, order: { sequence: 'DESC' } });
  }

  findById(tx: Transaction, id: string): Promise<DriftReport | null> {
    return tx.findOneBy(DriftReport, { id });
  }

  /** Newest first. */
  findPage(tx: Transaction, tenants: TenantsInReach, limit: number, beforeId: string | null): Promise<DriftReport[]> {
    const query = tx.createQueryBuilder(DriftReport, 'r').where('true').orderBy('r.id', 'DESC').take(limit);
    if (tenants !== null) query.andWhere('r.tenant_id = ANY (:tenants)', { tenants });
    if (beforeId !== null) query.andWhere('r.id < :beforeId', { beforeId });
    return query.getMany();
  }

  async insert(tx: Transaction, report: Omit<DriftReport, 'createdAt'>): Promise<void> {
    await tx.insert(DriftReport, report);
  }

  /** @returns false when the tenant's outage is known already */
  async openOutage(tx: Transaction, tenantId: string, slotId: string, reason: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `INSERT INTO drift_outages (tenant_id, slot_id, reason) VALUES ($1, $2, $3)
       ON CONFLICT (tenant_id) DO NOTHING RETURNING tenant_id`,
      [tenantId, slotId, reason],
    );
    return rows.length > 0;
  }

  async closeOutage(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query('DELETE FROM drift_outages WHERE tenant_id = $1', [tenantId]);
  }

  outages(tx: Transaction): Promise<Outage[]> {
    return tx.query<Outage[]>('SELECT tenant_id AS "tenantId", reason, since FROM drift_outages');
  }
}
