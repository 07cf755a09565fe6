import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { Tenant } from './tenant.entity.js';
import type { NewTenant, TenantPatch, WatchedTenant } from './tenants.types.js';

@Injectable()
export class TenantsRepository {
  findById(tx: Transaction, id: string): Promise<WatchedTenant | null> {
    return tx.findOneBy(Tenant, { id });
  }

  /** Waits for whoever is changing it and keeps it as it is until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<WatchedTenant | null> {
    return tx.findOne(Tenant, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  findByEntraTenantId(tx: Transaction, entraTenantId: string): Promise<WatchedTenant | null> {
    return tx.findOneBy(Tenant, { entraTenantId });
  }

  findScanned(tx: Transaction): Promise<WatchedTenant[]> {
    return tx.find(Tenant, { where: { scanEnabled: true }, order: { id: 'ASC' } });
  }

  findSignInAllowed(tx: Transaction): Promise<WatchedTenant[]> {
    return tx.find(Tenant, { where: { signInAllowed: true }, order: { id: 'ASC' } });
  }

  findPage(tx: Transaction, limit: number, afterId: string | null): Promise<WatchedTenant[]> {
    return tx.find(Tenant, {
      where: afterId === null ? {} : { id: MoreThan(afterId) },
      order: { id: 'ASC' },
      take: limit,
    });
  }

  async insert(tx: Transaction, tenant: NewTenant): Promise<WatchedTenant> {
    return tx.save(Tenant, tx.create(Tenant, { id: newId(), version: 1, ...tenant }));
  }

  /** Inserts unless the Entra tenant is already there; null then. */
  async insertIfAbsent(tx: Transaction, tenant: NewTenant): Promise<WatchedTenant | null> {
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(Tenant)
      .values({ id: newId(), version: 1, ...tenant })
      .orIgnore()
      .returning('id')
      .execute();
    const id = (raw as { id: string }[])[0]?.id;
    return id === undefined ? null : this.findById(tx, id);
  }

  /** Changes the tenant if it still has the version that was read; null when it has not. */
  async update(tx: Transaction, id: string, version: number, patch: TenantPatch): Promise<WatchedTenant | null> {
    const { affected } = await tx.update(Tenant, { id, version }, { ...patch, version: version + 1 });
    return affected === 1 ? this.findById(tx, id) : null;
  }
}
