import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { DriftBaseline } from './drift-baseline.entity.js';

export type NewBaseline = Omit<DriftBaseline, 'id' | 'version' | 'baseVersion' | 'approvedAt'>;

@Injectable()
export class BaselineRepository {
  findCurrent(tx: Transaction, tenantId: string): Promise<DriftBaseline | null> {
    return tx.findOne(DriftBaseline, { where: { tenantId }, order: { version: 'DESC' } });
  }

  /** Waits for whoever approves another version of the tenant's baseline, then says which is in force. */
  async lockCurrent(tx: Transaction, tenantId: string): Promise<DriftBaseline | null> {
    await tx.query('SELECT 1 FROM drift_baselines WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1 FOR UPDATE', [
      tenantId,
    ]);
    return this.findCurrent(tx, tenantId);
  }

  findById(tx: Transaction, id: string): Promise<DriftBaseline | null> {
    return tx.findOneBy(DriftBaseline, { id });
  }

  /** The versions after `after` up to `upTo`. */
  findBetween(tx: Transaction, tenantId: string, after: number, upTo: number): Promise<DriftBaseline[]> {
    return tx
      .createQueryBuilder(DriftBaseline, 'b')
      .where('b.tenant_id = :tenantId AND b.version > :after AND b.version <= :upTo', { tenantId, after, upTo })
      .getMany();
  }

  /** Newest first. */
  findPage(tx: Transaction, tenants: TenantsInReach, limit: number, beforeId: string | null): Promise<DriftBaseline[]> {
    const query = tx.createQueryBuilder(DriftBaseline, 'b').where('true').orderBy('b.id', 'DESC').take(limit);
    if (tenants !== null) query.andWhere('b.tenant_id = ANY (:tenants)', { tenants });
    if (beforeId !== null) query.andWhere('b.id < :beforeId', { beforeId });
    return query.getMany();
  }

  /** The next version; two who approve the first at once get a conflict (uq_drift_baselines_tenant_id_version), not the same number. */
  async insertNext(tx: Transaction, baseline: NewBaseline): Promise<DriftBaseline> {
    const id = newId();
    await tx.query(
      `INSERT INTO drift_baselines (id, tenant_id, version, base_version, snapshot_id, change_ids, accepted_incomplete, reason,
                                    approved_by_id, approved_by_name)
       SELECT $1, $2, coalesce(max(version), 0) + 1, max(version), $3, $4, $5, $6, $7, $8
         FROM drift_baselines WHERE tenant_id = $2`,
      [
        id,
        baseline.tenantId,
        baseline.snapshotId,
        baseline.changeIds,
        baseline.acceptedIncomplete,
        baseline.reason,
        baseline.approvedById,
        baseline.approvedByName,
      ],
    );
    return tx.findOneByOrFail(DriftBaseline, { id });
  }
}
