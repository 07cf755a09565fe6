import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { AuditOutcome } from './audit.types.js';
import { AuditEvent } from './audit-event.entity.js';

/** A record before the database gave it its time. */
export type NewAuditEvent = Omit<AuditEvent, 'occurredAt'>;

export interface AuditFilter {
  from?: Date;
  to?: Date;
  actorId?: string;
  action?: string;
  targetType?: string;
  targetId?: string;
  outcome?: AuditOutcome;
  requestId?: string;
  tenantId?: string;
}

/** The table audit_events: it takes records and gives them back, nothing else. */
@Injectable()
export class AuditRepository {
  async insert(tx: Transaction, events: NewAuditEvent[]): Promise<void> {
    await tx.createQueryBuilder().insert().into(AuditEvent).values(events).updateEntity(false).execute();
  }

  /** Newest first, older than the record `beforeId`. */
  findPage(tx: Transaction, filter: AuditFilter, limit: number, beforeId: string | null): Promise<AuditEvent[]> {
    const query = tx.createQueryBuilder(AuditEvent, 'event').orderBy('event.id', 'DESC').limit(limit);
    if (beforeId !== null) query.andWhere('event.id < :beforeId', { beforeId });
    if (filter.from !== undefined) query.andWhere('event.occurredAt >= :from', { from: filter.from });
    if (filter.to !== undefined) query.andWhere('event.occurredAt < :to', { to: filter.to });
    if (filter.actorId !== undefined) query.andWhere('event.actorId = :actorId', { actorId: filter.actorId });
    if (filter.action !== undefined) query.andWhere('event.action = :action', { action: filter.action });
    if (filter.targetType !== undefined)
      query.andWhere('event.targetType = :targetType', { targetType: filter.targetType });
    if (filter.targetId !== undefined) query.andWhere('event.targetId = :targetId', { targetId: filter.targetId });
    if (filter.outcome !== undefined) query.andWhere('event.outcome = :outcome', { outcome: filter.outcome });
    if (filter.requestId !== undefined) query.andWhere('event.requestId = :requestId', { requestId: filter.requestId });
    if (filter.tenantId !== undefined) query.andWhere('event.tenantId = :tenantId', { tenantId: filter.tenantId });
    return query.getMany();
  }
}
