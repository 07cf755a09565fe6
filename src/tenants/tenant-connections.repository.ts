import { Injectable } from '@nestjs/common';
import { Not, Raw } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { Tenant } from './tenant.entity.js';
import { TenantConnection } from './tenant-connection.entity.js';

export type NewConnectionRow = Omit<TenantConnection, 'createdAt'>;

/** As long as a proposal waits; after that nobody can see, try or propose it. */
const CANDIDATE_DAYS = 7;
const YOUNG = Raw((column) => `${column} >= now() - make_interval(days => ${CANDIDATE_DAYS})`);

@Injectable()
export class TenantConnectionsRepository {
  async now(tx: Transaction): Promise<Date> {
    const [{ now }] = await tx.query<[{ now: Date }]>('SELECT now()');
    return now;
  }

  async version(tx: Transaction, tenantId: string): Promise<number | null> {
    const tenant = await tx.findOne(Tenant, { where: { id: tenantId }, select: { id: true, connectionVersion: true } });
    return tenant?.connectionVersion ?? null;
  }

  findActive(tx: Transaction, tenantId: string): Promise<TenantConnection | null> {
    return tx.findOneBy(TenantConnection, { tenantId, state: 'active' });
  }

  /** By Entra's directory id, which is compared as it is stored: in small letters. */
  async findActiveOf(tx: Transaction, entraTenantId: string): Promise<TenantConnection | null> {
    const tenant = await tx.findOne(Tenant, { where: { entraTenantId }, select: { id: true } });
    return tenant === null ? null : this.findActive(tx, tenant.id);
  }

  /** Newest first. */
  findCandidates(tx: Transaction, tenantId: string): Promise<TenantConnection[]> {
    return tx.find(TenantConnection, {
      where: { tenantId, state: 'candidate', createdAt: YOUNG },
      order: { id: 'DESC' },
    });
  }

  findCandidate(tx: Transaction, tenantId: string, id: string): Promise<TenantConnection | null> {
    return tx.findOneBy(TenantConnection, { id, tenantId, state: 'candidate', createdAt: YOUNG });
  }

  /** However old it is. */
  findToWithdraw(tx: Transaction, tenantId: string, id: string): Promise<TenantConnection | null> {
    return tx.findOneBy(TenantConnection, { id, tenantId, state: 'candidate' });
  }

  /** Nobody can approve them any more. */
  findOld(tx: Transaction, tenantId: string): Promise<TenantConnection[]> {
    return tx.findBy(TenantConnection, { tenantId, state: 'candidate', createdAt: Not(YOUNG) });
  }

  insert(tx: Transaction, row: NewConnectionRow): Promise<TenantConnection> {
    return tx.save(TenantConnection, tx.create(TenantConnection, row));
  }

  async promote(tx: Transaction, candidate: TenantConnection): Promise<void> {
    await tx.update(TenantConnection, { id: candidate.id, state: 'candidate' }, { state: 'active' });
  }

  async deleteActive(tx: Transaction, tenantId: string): Promise<void> {
    await tx.delete(TenantConnection, { tenantId, state: 'active' });
  }

  async deleteCandidate(tx: Transaction, id: string): Promise<void> {
    await tx.delete(TenantConnection, { id, state: 'candidate' });
  }

  async raiseVersion(tx: Transaction, tenantId: string): Promise<void> {
    await tx.increment(Tenant, { id: tenantId }, 'connectionVersion', 1);
  }
}
