import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { type Consent, SecondPerson } from '../decisions/second-person.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { ReadableChange } from '../report/readable-change.js';
import { BaselineRepository } from './baseline.repository.js';
import { assertSeen, BaselineService } from './baseline.service.js';
import { BaselinePinsRepository, type PinnedObject } from './baseline-pins.repository.js';
import type { DriftBaseline } from './drift-baseline.entity.js';
import { byObject, type ObjectChanges, pinChanges } from './pin-changes.js';

/** Changes that one version of a baseline may take in. */
export const MAX_BASELINE_CHANGES = 1000;

export interface ChangesApproval {
  changeIds: string[];
  reason: string;
}

/** The next version of a baseline by single changes. Those that it contains close at the next scan. */
@Injectable()
export class BaselineChanges {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly baselines: BaselineRepository,
    private readonly pins: BaselinePinsRepository,
    private readonly service: BaselineService,
    private readonly changes: ChangesRepository,
    private readonly secondPerson: SecondPerson,
    private readonly audit: AuditService,
  ) {}

  /**
   * @param version of the baseline that whoever approves has seen
   * @throws DomainError drift.change_not_found, drift.change_closed, drift.changes_of_many_tenants, drift.no_baseline,
   *   drift.change_not_applicable, drift.second_person_required, request.precondition_failed
   */
  approve(actor: Actor, approval: ChangesApproval, version: number): Promise<DriftBaseline> {
    return this.transactions.run((tx) => this.approveWithin(tx, actor, approval, version, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `approve`
   */
  async approveWithin(
    tx: Transaction,
    actor: Actor,
    { changeIds, reason }: ChangesApproval,
    version: number,
    consent: Consent,
  ): Promise<DriftBaseline> {
    const seen = await this.judged(tx, changeIds, version, consent, 'unlocked');
    const { tenantId } = seen;
    const pinned = await this.pinned(tx, seen.before, seen.changes);
    await this.pins.insertContents(tx, tenantId, pinned);
    const { before, ...chosen } = await this.judged(tx, changeIds, version, consent, 'locked');
    // A scan was faster: what was looked at isn't what is there.
    if (versionsOf(chosen.changes) !== versionsOf(seen.changes)) throw kernelError('request.precondition_failed');
    const baseline = await this.baselines.insertNext(tx, {
      tenantId,
      snapshotId: before.snapshotId,
      changeIds: chosen.changes.map(({ id }) => id),
      acceptedIncomplete: before.acceptedIncomplete,
      reason,
      approvedById: actor.id,
      approvedByName: actor.displayName,
    });
    await this.pins.pin(tx, tenantId, baseline.version, pinned);
    await this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS['drift.changes.baselined'],
      tenantId,
      target: { type: 'baseline', id: baseline.id, displayName: `version ${baseline.version}` },
      outcome: 'success',
      reason,
      before: { version: before.version },
      after: { version: baseline.version, changes: chosen.changes.length, changeIds: baseline.changeIds },
    });
    return baseline;
  }

  /**
   * What `approve` would do, without doing it.
   *
   * @throws DomainError as `approve`
   */
  preview(changeIds: string[]): Promise<{ version: number; closes: string[]; stays: number }> {
    return this.transactions.run(async (tx) => {
      const { tenantId, changes } = await this.chosen(tx, changeIds, 'unlocked');
      const current = await this.baselines.findCurrent(tx, tenantId);
      if (current === null) throw driftError('drift.no_baseline');
      await this.pinned(tx, current, changes);
      const closes = changes.map(({ id }) => id);
      const live = await this.changes.findLive(tx, tenantId);
      return { version: current.version, closes, stays: live.length - closes.length };
    });
  }

  /** What was chosen and the baseline that it is for, if they may be joined. Locks changes first and the baseline after them. */
  private async judged(
    tx: Transaction,
    changeIds: string[],
    version: number,
    consent: Consent,
    lock: 'locked' | 'unlocked',
  ): Promise<{ tenantId: string; changes: ReadableChange[]; before: DriftBaseline }> {
    const { tenantId, changes } = await this.chosen(tx, changeIds, lock);
    const before = await (lock === 'locked'
      ? this.baselines.lockCurrent(tx, tenantId)
      : this.baselines.findCurrent(tx, tenantId));
    if (before === null) throw driftError('drift.no_baseline');
    assertSeen(before, version);
    const severities = changes.map(({ severity }) => severity);
    await this.secondPerson.assertGiven(tx, tenantId, severities, consent);
    return { tenantId, changes, before };
  }

  private async chosen(
    tx: Transaction,
    ids: string[],
    lock: 'locked' | 'unlocked',
  ): Promise<{ tenantId: string; changes: ReadableChange[] }> {
    const unique = [...new Set(ids)];
    const changes = await (lock === 'locked'
      ? this.changes.findForUpdate(tx, unique)
      : this.changes.findByIds(tx, unique));
    const [first] = changes;
    if (first === undefined || changes.length !== unique.length) {
      const known = new Set(changes.map(({ id }) => id));
      throw driftError('drift.change_not_found', { detail: `There is no ${unique.find((id) => !known.has(id))}.` });
    }
    const { tenantId } = first;
    if (changes.some((change) => change.tenantId !== tenantId)) throw driftError('drift.changes_of_many_tenants');
    const closed = changes.find(({ state }) => state === 'closed');
    if (closed !== undefined) throw driftError('drift.change_closed', { detail: `${closed.id} is closed.` });
    return { tenantId, changes };
  }

  private async pinned(tx: Transaction, baseline: DriftBaseline, changes: ReadableChange[]): Promise<PinnedObject[]> {
    const { snapshot, side } = await this.service.opened(tx, baseline);
    const objects = byObject(changes);
    const pinned: PinnedObject[] = [];
    for (const type of new Set(objects.map((object) => object.type))) {
      const ofType = objects.filter((object) => object.type === type);
      const keys = ofType.map(({ key }) => key);
      const held = await side.objectsByKey(tx, snapshot, type, keys);
      for (const object of ofType) pinned.push(pinChanges(held.get(object.key), object) ?? notApplicable(object));
    }
    return pinned;
  }
}

function versionsOf(changes: readonly ReadableChange[]): string {
  return changes
    .map(({ id, version }) => `${id} ${version}`)
    .sort()
    .join();
}

function notApplicable({ changes }: ObjectChanges): never {
  throw driftError('drift.change_not_applicable', {
    detail: `Not as the baseline is now: ${changes.map(({ id }) => id).join(', ')}.`,
  });
}
