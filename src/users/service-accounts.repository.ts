import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, MoreThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { ServiceAccountRow } from './service-account.entity.js';
import type {
  NewServiceAccount,
  ServiceAccount,
  ServiceAccountFilter,
  ServiceAccountPatch,
} from './service-account.types.js';
import type { UserAccount } from './users.types.js';

const RAISED = { securityStamp: () => 'security_stamp + 1' };

@Injectable()
export class ServiceAccountsRepository {
  findById(tx: Transaction, id: string): Promise<ServiceAccount | null> {
    return tx.findOneBy(ServiceAccountRow, { id });
  }

  /** Waits for whoever is changing it and keeps it as it is until the transaction ends; rows may still refer to it. */
  lock(tx: Transaction, id: string): Promise<ServiceAccount | null> {
    return tx.findOne(ServiceAccountRow, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  lockActiveOfOwner(tx: Transaction, ownerUserId: string): Promise<ServiceAccount[]> {
    return tx.find(ServiceAccountRow, {
      where: { ownerUserId, status: 'active' },
      order: { id: 'ASC' },
      lock: { mode: 'for_no_key_update' },
    });
  }

  findPage(
    tx: Transaction,
    { tenantId, ownerUserId, status }: ServiceAccountFilter,
    limit: number,
    afterId: string | null,
  ): Promise<ServiceAccount[]> {
    const where: FindOptionsWhere<ServiceAccountRow> = {
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(ownerUserId === undefined ? {} : { ownerUserId }),
      ...(status === undefined ? {} : { status }),
      ...(afterId === null ? {} : { id: MoreThan(afterId) }),
    };
    return tx.find(ServiceAccountRow, { where, order: { id: 'ASC' }, take: limit });
  }

  insert(
    tx: Transaction,
    { name, description, dpopRequired }: NewServiceAccount,
    owner: UserAccount,
  ): Promise<ServiceAccount> {
    const { id: ownerUserId, tenantId } = owner;
    const row = { id: newId(), name, description, dpopRequired, ownerUserId, tenantId };
    return tx.save(
      ServiceAccountRow,
      tx.create(ServiceAccountRow, { ...row, status: 'active', securityStamp: 1, version: 1 }),
    );
  }

  /** Writes a change to an account that this transaction has locked. @param endsTokens raises the security stamp with it */
  async update(
    tx: Transaction,
    { id, version }: ServiceAccount,
    patch: ServiceAccountPatch,
    endsTokens: boolean,
  ): Promise<ServiceAccount> {
    await tx.update(ServiceAccountRow, { id }, { ...patch, version: version + 1, ...(endsTokens ? RAISED : {}) });
    return tx.findOneByOrFail(ServiceAccountRow, { id });
  }

  /** Ends every token that was issued to it before; for its readers it stays the same version. */
  async raiseSecurityStamp(tx: Transaction, id: string): Promise<void> {
    await tx.update(ServiceAccountRow, { id }, RAISED);
  }
}
