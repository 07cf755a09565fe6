import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import type { ChangeWindow, NewChangeWindow } from './change-window.types.js';
import { ChangeWindowsRepository } from './change-windows.repository.js';
import { isZone } from './is-in-window.js';

/** Standing windows that one tenant may have. */
export const MAX_WINDOWS = 50;

/** When changes of each tenant are expected, and who says so. */
@Injectable()
export class ChangeWindows {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly windows: ChangeWindowsRepository,
    private readonly tenants: TenantsService,
    private readonly audit: AuditService,
  ) {}

  /** All that ever were, for a scan. */
  ofTenant(tx: Transaction, tenantId: string): Promise<ChangeWindow[]> {
    return this.windows.findAll(tx, tenantId);
  }

  list(tenantId: string | null): Promise<ChangeWindow[]> {
    return this.transactions.read((tx) => this.windows.findStanding(tx, tenantId));
  }

  /** @throws DomainError tenants.not_found, drift.window_zone, drift.windows_too_many */
  async add(actor: Actor, window: NewChangeWindow): Promise<ChangeWindow> {
    await this.tenants.get(window.tenantId);
    if (!isZone(window.zone)) throw driftError('drift.window_zone');
    return this.transactions.run(async (tx) => {
      if ((await this.windows.findStanding(tx, window.tenantId)).length >= MAX_WINDOWS)
        throw driftError('drift.windows_too_many', { detail: `A tenant has ${MAX_WINDOWS} at most.` });
      const added = await this.windows.insert(tx, { ...window, setById: actor.id, setByName: actor.displayName });
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.window.approved'],
        tenantId: added.tenantId,
        target: { type: 'change window', id: added.id, displayName: added.name },
        outcome: 'success',
        reason: added.reason,
        after: stateOf(added),
      });
      return added;
    });
  }

  /**
   * Takes a window back: what is done from now on isn't expected any more.
   *
   * @throws DomainError drift.window_not_found
   */
  remove(actor: Actor, id: string): Promise<void> {
    return this.transactions.run(async (tx) => {
      const removed = await this.windows.remove(tx, id);
      if (removed === null) throw driftError('drift.window_not_found');
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.window.withdrawn'],
        tenantId: removed.tenantId,
        target: { type: 'change window', id, displayName: removed.name },
        outcome: 'success',
        before: stateOf(removed),
      });
    });
  }
}

function stateOf(window: ChangeWindow): JsonObject {
  const { name, zone, days, startMinute, durationMinutes, startsAt, endsAt, exclusive } = window;
  return {
    name,
    zone,
    days,
    startMinute,
    durationMinutes,
    startsAt: startsAt?.toISOString() ?? null,
    endsAt: endsAt?.toISOString() ?? null,
    exclusive,
  };
}
