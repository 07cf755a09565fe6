import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { DriftChangeWindow } from './change-window.entity.js';
import type { ChangeWindow } from './change-window.types.js';

@Injectable()
export class ChangeWindowsRepository {
  /** Those that were removed too: what was done in them was done in them. */
  findAll(tx: Transaction, tenantId: string): Promise<ChangeWindow[]> {
    return tx.find(DriftChangeWindow, { where: { tenantId }, order: { id: 'ASC' } });
  }

  findStanding(tx: Transaction, tenants: TenantsInReach): Promise<ChangeWindow[]> {
    return tx.find(DriftChangeWindow, {
      where: { removedAt: IsNull(), ...(tenants === null ? {} : { tenantId: In([...tenants]) }) },
      order: { id: 'ASC' },
    });
  }

  /** Whoever else adds one for the tenant waits until the transaction ends. */
  async lockAdding(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('drift.windows:' || $1::uuid, 0))`, [tenantId]);
  }

  async insert(tx: Transaction, window: Omit<ChangeWindow, 'id' | 'setAt' | 'removedAt'>): Promise<ChangeWindow> {
    const id = newId();
    await tx.insert(DriftChangeWindow, { id, removedAt: null, ...window });
    return tx.findOneByOrFail(DriftChangeWindow, { id });
  }

  /** Null when there is none that stands. */
  async remove(tx: Transaction, id: string): Promise<ChangeWindow | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftChangeWindow)
      .set({ removedAt: () => 'now()' })
      .where('id = :id AND removed_at IS NULL', { id })
      .execute();
    return affected === 1 ? tx.findOneByOrFail(DriftChangeWindow, { id }) : null;
  }
}
