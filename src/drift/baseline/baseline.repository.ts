import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { DriftBaseline } from './drift-baseline.entity.js';

export type NewBaseline = Omit<DriftBaseline, 'id' | 'version' | 'approvedAt'>;

@Injectable()
export class BaselineRepository {
  findCurrent(tx: Transaction, tenantId: string): Promise<DriftBaseline | null> {
    return tx.findOne(DriftBaseline, { where: { tenantId }, order: { version: 'DESC' } });
  }

  /** Newest first. */
  findPage(tx: Transaction, tenantId: string | null, limit: number, beforeId: string | null): Promise<DriftBaseline[]> {
    const query = tx.createQueryBuilder(DriftBaseline, 'b').where('true').orderBy('b.id', 'DESC').take(limit);
    if (tenantId !== null) query.andWhere('b.tenant_id = :tenantId', { tenantId });
    if (beforeId !== null) query.andWhere('b.id < :beforeId', { beforeId });
    return query.getMany();
  }

  /** The next version; two who approve at once get a conflict (uq_drift_baselines_tenant_id_version), not the same number. */
  async insertNext(tx: Transaction, baseline: NewBaseline): Promise<DriftBaseline> {
    const id = newId();
    await tx.query(
      `INSERT INTO drift_baselines (id, tenant_id, version, snapshot_id, accepted_incomplete, reason, approved_by_id, approved_by_name)
       SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7 FROM drift_baselines WHERE tenant_id = $2`,
      [
        id,
        baseline.tenantId,
        baseline.snapshotId,
        baseline.acceptedIncomplete,
        baseline.reason,
        baseline.approvedById,
        baseline.approvedByName,
      ],
    );
    return tx.findOneByOrFail(DriftBaseline, { id });
  }
}
