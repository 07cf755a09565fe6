import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { DriftChangeWindow } from './change-window.entity.js';
import type { ChangeWindow } from './change-window.types.js';

@Injectable()
export class ChangeWindowsRepository {
  /** Those that were removed too: what was done in them was done in them. */
  findAll(tx: Transaction, tenantId: string): Promise<ChangeWindow[]> {
    return tx.find(DriftChangeWindow, { where: { tenantId }, order: { id: 'ASC' } });
  }

  findStanding(tx: Transaction, tenantId: string | null): Promise<ChangeWindow[]> {
    return tx.find(DriftChangeWindow, {
      where: { removedAt: IsNull(), ...(tenantId === null ? {} : { tenantId }) },
      order: { id: 'ASC' },
    });
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
