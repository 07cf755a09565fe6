import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { type Consent, SecondPerson } from '../decisions/second-person.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
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
    private readonly secondPerson: SecondPerson,
    private readonly audit: AuditService,
  ) {}

  /** All that ever were, for a scan. */
  ofTenant(tx: Transaction, tenantId: string): Promise<ChangeWindow[]> {
    return this.windows.findAll(tx, tenantId);
  }

  list(tenants: TenantsInReach): Promise<ChangeWindow[]> {
    return this.transactions.read((tx) => this.windows.findStanding(tx, tenants));
  }

  /**
   * @throws DomainError drift.tenant_not_found, drift.window_zone, drift.windows_too_many, drift.second_person_required: what is
   *   done in a window is less grave
   */
  add(actor: Actor, window: NewChangeWindow): Promise<ChangeWindow> {
    return this.transactions.run((tx) => this.addWithin(tx, actor, window, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `add`
   */
  async addWithin(tx: Transaction, actor: Actor, window: NewChangeWindow, consent: Consent): Promise<ChangeWindow> {
    const { tenantId } = window;
    if ((await this.tenants.find(tx, tenantId)) === null) throw driftError('drift.tenant_not_found');
    if (!isZone(window.zone)) throw driftError('drift.window_zone');
    await this.secondPerson.assertGiven(tx, tenantId, ['critical'], consent);
    await this.windows.lockAdding(tx, tenantId);
    if ((await this.windows.findStanding(tx, [tenantId])).length >= MAX_WINDOWS)
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
  }

  /**
   * Takes a window back: what is done from now on isn't expected any more.
   *
   * @throws DomainError drift.window_not_found, drift.second_person_required where it made what is done outside of it graver
   */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.transactions.run((tx) => this.removeWithin(tx, actor, id, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `remove`
   */
  async removeWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    consent: Consent,
    reason?: string,
  ): Promise<ChangeWindow> {
    const removed = await this.windows.remove(tx, id);
    if (removed === null) throw driftError('drift.window_not_found');
    const { tenantId } = removed;
    if (removed.exclusive) await this.secondPerson.assertGiven(tx, tenantId, ['critical'], consent);
    await this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS['drift.window.withdrawn'],
      tenantId,
      target: { type: 'change window', id, displayName: removed.name },
      outcome: 'success',
      ...(reason === undefined ? {} : { reason }),
      before: stateOf(removed),
    });
    return removed;
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
