import { Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type CloseReason, DriftChange } from './drift-change.entity.js';
import { type ChangeState, SEVERITIES, type Severity } from './drift-report.types.js';

export type NewChange = Omit<DriftChange, 'createdAt'>;

export interface ChangeFilter {
  tenantId: string | null;
  states: ChangeState[];
  severities: Severity[];
  resourceTypes: ResourceType[];
}

export interface Decision {
  state: 'open' | 'accepted' | 'ignored';
  decidedById: string | null;
  decidedByName: string | null;
  decisionReason: string | null;
  decisionUntil: Date | null;
}

@Injectable()
export class ChangesRepository {
  /** Everything that isn't closed, locked until the transaction ends: a decision waits for the scan, and the other way round. */
  findLiveForUpdate(tx: Transaction, tenantId: string): Promise<DriftChange[]> {
    return this.live(tx, tenantId).orderBy('c.id').setLock('pessimistic_write').getMany();
  }

  findLive(tx: Transaction, tenantId: string): Promise<DriftChange[]> {
    return this.live(tx, tenantId).getMany();
  }

  findById(tx: Transaction, id: string): Promise<DriftChange | null> {
    return tx.findOneBy(DriftChange, { id });
  }

  /** Which of these identities (hex) belong to changes that were closed. */
  async closedIdentities(tx: Transaction, tenantId: string, identities: string[]): Promise<Set<string>> {
    if (identities.length === 0) return new Set();
    const rows = await tx.query<{ identity: string }[]>(
      `SELECT DISTINCT encode(identity, 'hex') AS identity FROM drift_changes
        WHERE tenant_id = $1 AND state = 'closed'
          AND identity IN (SELECT decode(wanted, 'hex') FROM unnest($2::text[]) AS wanted)`,
      [tenantId, identities],
    );
    return new Set(rows.map(({ identity }) => identity));
  }

  /** The changes that a report has. */
  findOfReport(tx: Transaction, tenantId: string, sequence: number): Promise<DriftChange[]> {
    return tx
      .createQueryBuilder(DriftChange, 'c')
      .where('c.tenant_id = :tenantId AND c.first_report <= :sequence', { tenantId, sequence })
      .andWhere('(c.closed_report IS NULL OR c.closed_report > :sequence)')
      .orderBy('c.id')
      .getMany();
  }

  /** Newest first. */
  findPage(tx: Transaction, filter: ChangeFilter, limit: number, beforeId: string | null): Promise<DriftChange[]> {
    const query = tx.createQueryBuilder(DriftChange, 'c').where('true').orderBy('c.id', 'DESC').take(limit);
    if (filter.tenantId !== null) query.andWhere('c.tenant_id = :tenantId', { tenantId: filter.tenantId });
    if (filter.states.length > 0) query.andWhere('c.state IN (:...states)', { states: filter.states });
    if (filter.severities.length > 0)
      query.andWhere('c.severity IN (:...severities)', { severities: filter.severities });
    if (filter.resourceTypes.length > 0)
      query.andWhere('c.resource_type IN (:...types)', { types: filter.resourceTypes });
    if (beforeId !== null) query.andWhere('c.id < :beforeId', { beforeId });
    return query.getMany();
  }

  async insert(tx: Transaction, changes: NewChange[]): Promise<void> {
    const ROWS = 500;
    for (let start = 0; start < changes.length; start += ROWS)
      await tx.insert(DriftChange, changes.slice(start, start + ROWS));
  }

  /** What a later scan says of a live change. */
  async update(tx: Transaction, id: string, patch: Partial<DriftChange>): Promise<void> {
    await tx
      .createQueryBuilder()
      .update(DriftChange)
      .set({ ...patch, version: () => 'version + 1' })
      .where('id = :id', { id })
      .execute();
  }

  async close(tx: Transaction, ids: string[], reason: CloseReason, sequence: number): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(
      `UPDATE drift_changes
          SET state_before_close = state, state = 'closed', close_reason = $2, closed_report = $3, closed_at = now(),
              attribution_retry_at = NULL, version = version + 1
        WHERE id = ANY ($1::uuid[]) AND state <> 'closed'`,
      [ids, reason, sequence],
    );
  }

  /** Writes a decision if the change still has the version that was read and isn't closed; null when not. */
  async decide(tx: Transaction, id: string, version: number, decision: Decision): Promise<DriftChange | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftChange)
      .set({
        ...decision,
        decidedAt: () => (decision.state === 'open' ? 'NULL' : 'now()'),
        version: () => 'version + 1',
      })
      .where("id = :id AND version = :version AND state <> 'closed'", { id, version })
      .execute();
    return affected === 1 ? this.findById(tx, id) : null;
  }

  /** Open changes by severity, by tenant. */
  async openCounts(tx: Transaction): Promise<Map<string, Record<Severity, number>>> {
    const rows = await tx.query<{ tenantId: string; severity: Severity; count: number }[]>(
      `SELECT tenant_id AS "tenantId", severity, count(*)::int AS count FROM drift_changes
        WHERE state = 'open' GROUP BY tenant_id, severity`,
    );
    const counts = new Map<string, Record<Severity, number>>();
    for (const { tenantId, severity, count } of rows) {
      const summary = counts.get(tenantId) ?? emptySummary();
      summary[severity] = count;
      counts.set(tenantId, summary);
    }
    return counts;
  }

  private live(tx: Transaction, tenantId: string): SelectQueryBuilder<DriftChange> {
    return tx
      .createQueryBuilder(DriftChange, 'c')
      .where("c.tenant_id = :tenantId AND c.state <> 'closed'", { tenantId });
  }
}

export function emptySummary(): Record<Severity, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
}
