import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { DriftIgnoreRule } from './drift-ignore-rule.entity.js';
import type { ActiveIgnoreRule, IgnorePattern } from './ignore-rule.types.js';

export type NewIgnoreRule = IgnorePattern &
  Pick<DriftIgnoreRule, 'tenantId' | 'reason' | 'until' | 'createdById' | 'createdByName'>;

@Injectable()
export class IgnoreRulesRepository {
  /** Those that hold at a time, the oldest first. */
  findActive(tx: Transaction, tenantId: string, at: Date): Promise<ActiveIgnoreRule[]> {
    return tx
      .createQueryBuilder(DriftIgnoreRule, 'r')
      .where('r.tenant_id = :tenantId AND r.withdrawn_at IS NULL AND r.until > :at', { tenantId, at })
      .orderBy('r.id')
      .getMany();
  }

  /** Whoever else makes one for the tenant waits until the transaction ends. */
  async lockMaking(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('drift.ignore-rules:' || $1::uuid, 0))`, [tenantId]);
  }

  /** Of one tenant, as the database's clock has it. */
  async countActive(tx: Transaction, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM drift_ignore_rules WHERE tenant_id = $1 AND withdrawn_at IS NULL AND until > now()`,
      [tenantId],
    );
    return rows[0]?.count ?? 0;
  }

  findById(tx: Transaction, id: string): Promise<DriftIgnoreRule | null> {
    return tx.findOneBy(DriftIgnoreRule, { id });
  }

  /** Newest first, also those that are over. */
  findPage(
    tx: Transaction,
    tenants: TenantsInReach,
    limit: number,
    beforeId: string | null,
  ): Promise<DriftIgnoreRule[]> {
    return tx.find(DriftIgnoreRule, {
      where: {
        ...(tenants === null ? {} : { tenantId: In([...tenants]) }),
        ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  async insert(tx: Transaction, rule: NewIgnoreRule): Promise<DriftIgnoreRule> {
    const id = newId();
    await tx.insert(DriftIgnoreRule, { ...rule, id, withdrawnAt: null, version: 1 });
    return tx.findOneByOrFail(DriftIgnoreRule, { id });
  }

  /** Ends a rule if it still has the version that was read and wasn't withdrawn; null when not. */
  async withdraw(tx: Transaction, id: string, version: number): Promise<DriftIgnoreRule | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftIgnoreRule)
      .set({ withdrawnAt: () => 'now()', version: () => 'version + 1' })
      .where('id = :id AND version = :version AND withdrawn_at IS NULL', { id, version })
      .execute();
    return affected === 1 ? this.findById(tx, id) : null;
  }
}
