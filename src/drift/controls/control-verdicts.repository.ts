import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import { DriftControl } from './drift-control.entity.js';

@Injectable()
export class ControlVerdictsRepository {
  /** What stands now, in the order of the catalogue. */
  findCurrent(tx: Transaction, tenantId: string): Promise<DriftControl[]> {
    return tx.find(DriftControl, { where: { tenantId, closedReport: IsNull() }, order: { position: 'ASC' } });
  }

  /** What stood in one report. */
  findOfReport(tx: Transaction, tenantId: string, sequence: number): Promise<DriftControl[]> {
    return tx
      .createQueryBuilder(DriftControl, 'c')
      .where('c.tenant_id = :tenantId AND c.first_report <= :sequence', { tenantId, sequence })
      .andWhere('(c.closed_report IS NULL OR c.closed_report > :sequence)')
      .orderBy('c.position')
      .getMany();
  }

  async close(tx: Transaction, ids: string[], sequence: number): Promise<void> {
    if (ids.length > 0) await tx.update(DriftControl, { id: In(ids) }, { closedReport: sequence });
  }

  async insert(tx: Transaction, rows: DriftControl[]): Promise<void> {
    if (rows.length > 0) await tx.insert(DriftControl, rows);
  }

  async updateFinding(tx: Transaction, { id, findingHash, sealedFinding }: DriftControl): Promise<void> {
    await tx.update(DriftControl, { id }, { findingHash, sealedFinding });
  }
}
