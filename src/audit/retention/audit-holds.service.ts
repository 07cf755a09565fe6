import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { newId } from '../../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { AuditService } from '../audit.service.js';
import type { AuditHold, NewAuditHold } from './audit-hold.types.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { retentionError } from './retention.errors.js';
import { RETENTION_ACTIONS } from './retention.events.js';
import { StandingHolds } from './standing-holds.service.js';

/** Legal holds: what they cover of the trail is kept whatever its age. */
@Injectable()
export class AuditHolds {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly holds: AuditHoldsRepository,
    private readonly partitions: AuditPartitionsRepository,
    private readonly audit: AuditService,
    private readonly standing: StandingHolds,
  ) {}

  /** Newest first, released ones too. */
  async list(limit: number, cursor?: string): Promise<Page<AuditHold>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.holds.findPage(tx, limit + 1, before)), limit);
  }

  /** @throws DomainError audit.hold_not_found */
  async get(id: string): Promise<AuditHold> {
    const hold = await this.transactions.read((tx) => this.holds.findById(tx, id));
    if (hold === null) throw retentionError('audit.hold_not_found');
    return hold;
  }

  /**
   * Whatever of its time is still there when this resolves is kept.
   *
   * @throws DomainError request.invalid when it ends before it begins; audit.hold_tenant_unknown
   */
  async create(actor: Actor, hold: NewAuditHold): Promise<AuditHold> {
    if (hold.from >= hold.to) throw kernelError('request.invalid', { detail: 'A hold ends after it begins.' });
    return this.transactions.run(async (tx) => {
      await this.partitions.lockRetention(tx);
      const id = newId();
      const sealedState = await this.standing.seal(id, { ...hold, isReleased: false });
      const created = await this.holds.insert(tx, { ...hold, id, byType: actor.type, byId: actor.id, sealedState });
      await this.audit.record(tx, actor, {
        action: RETENTION_ACTIONS['audit.hold.created'],
        tenantId: created.tenantId,
        target: { type: 'audit-hold', id: created.id },
        outcome: 'success',
        after: stateOf(created),
      });
      return created;
    });
  }

  /**
   * @throws DomainError audit.hold_not_found, audit.hold_released; request.precondition_failed when somebody else changed it since
   *   `version` was read
   */
  async release(actor: Actor, id: string, version: number): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await this.holds.findById(tx, id);
      if (before === null) throw retentionError('audit.hold_not_found');
      if (before.releasedAt !== null) throw retentionError('audit.hold_released');
      const sealedState = await this.standing.seal(id, { ...before, isReleased: true });
      const after = await this.holds.release(tx, id, version, actor, sealedState);
      if (after === null) throw kernelError('request.precondition_failed');
      await this.audit.record(tx, actor, {
        action: RETENTION_ACTIONS['audit.hold.released'],
        tenantId: after.tenantId,
        target: { type: 'audit-hold', id },
        outcome: 'success',
        before: stateOf(before),
        after: stateOf(after),
      });
    });
  }
}

function stateOf({ reason, from, to, tenantId, releasedAt }: AuditHold): JsonObject {
  return {
    reason,
    from: from.toISOString(),
    to: to.toISOString(),
    tenantId,
    releasedAt: releasedAt?.toISOString() ?? null,
  };
}
