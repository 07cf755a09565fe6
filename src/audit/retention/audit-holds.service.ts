import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { newId } from '../../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { AuditService } from '../audit.service.js';
import type { AuditHold, NewAuditHold } from './audit-hold.types.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { HoldCreations } from './hold-creations.service.js';
import { retentionError } from './retention.errors.js';
import { RETENTION_ACTIONS } from './retention.events.js';
import { type StandingHold, StandingHolds } from './standing-holds.service.js';

/** Legal holds: what they cover of the trail is kept whatever its age. */
@Injectable()
export class AuditHolds {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly holds: AuditHoldsRepository,
    private readonly partitions: AuditPartitionsRepository,
    private readonly audit: AuditService,
    private readonly standing: StandingHolds,
    private readonly creations: HoldCreations,
  ) {}

  /** Newest first, released ones too. */
  async list(limit: number, cursor?: string): Promise<Page<AuditHold>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.holds.findPage(tx, limit + 1, before)), limit);
  }

  /** Also one whose row is gone, as the trail's record of it has it. @throws DomainError audit.hold_not_found */
  async get(id: string): Promise<AuditHold> {
    return this.transactions.read(async (tx) => (await this.holds.findById(tx, id)) ?? (await this.gone(tx, id)).hold);
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
   * Ends whatever stands under this id: also what the table says was released, what has no row any more, and what this service never
   * placed, which is recorded as dismissed.
   *
   * @throws DomainError audit.hold_not_found, audit.hold_released; request.precondition_failed when somebody else changed it since
   *   `version` was read
   */
  async release(actor: Actor, id: string, version: number): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.partitions.lockRetention(tx);
      const row = await this.holds.findById(tx, id);
      const { hold, standing } =
        row === null ? await this.gone(tx, id) : { hold: row, standing: await this.ofRow(tx, row) };
      if (standing === null) throw retentionError('audit.hold_released');
      const { from, to, fault, isProven } = standing;
      const sealedState = await this.standing.seal(id, { from, to, isReleased: true });
      const after =
        row === null && version === hold.version
          ? await this.holds.insertReleased(tx, { ...hold, from, to, sealedState }, actor)
          : await this.holds.release(tx, id, version, actor, sealedState);
      if (after === null) throw kernelError('request.precondition_failed');
      await this.audit.record(tx, actor, {
        action: RETENTION_ACTIONS[isProven ? 'audit.hold.released' : 'audit.hold.dismissed'],
        tenantId: after.tenantId,
        target: { type: 'audit-hold', id },
        outcome: 'success',
        ...(fault === null ? {} : { reason: fault }),
        before: { ...stateOf({ ...after, from, to }), releasedAt: null },
        after: stateOf({ ...after, from, to }),
      });
    });
  }

  private async ofRow(tx: Transaction, row: AuditHold): Promise<StandingHold | null> {
    const standing = await this.standing.ofRow(row);
    if (standing === null || standing.isProven) return standing;
    return { ...standing, isProven: (await this.creations.provenTimes(tx, row.id)) !== null };
  }

  /** @throws DomainError audit.hold_not_found when the trail has none either */
  private async gone(tx: Transaction, id: string): Promise<{ hold: AuditHold; standing: StandingHold }> {
    const [record] = await this.holds.findGone(tx, 1, id);
    if (record === undefined) throw retentionError('audit.hold_not_found');
    const standing = await this.standing.ofRecord(record);
    const hold: AuditHold = {
      id,
      reason: 'its row is gone; the record of it in the audit trail says why it was placed',
      from: standing.from,
      to: standing.to,
      tenantId: null,
      createdByType: record.actorType === 'anonymous' ? 'system' : record.actorType,
      createdById: record.actorId ?? '',
      createdAt: new Date(record.occurredAt),
      releasedByType: null,
      releasedById: null,
      releasedAt: null,
      version: 0,
      sealedState: null,
    };
    return { hold, standing };
  }
}

/** With the hold's own id: what is sealed of one proves nothing of another. */
function stateOf({ id, reason, from, to, tenantId, releasedAt }: AuditHold): JsonObject {
  return {
    id,
    reason,
    from: from.toISOString(),
    to: to.toISOString(),
    tenantId,
    releasedAt: releasedAt?.toISOString() ?? null,
  };
}
