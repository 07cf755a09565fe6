import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { type Consent, SecondPerson } from '../decisions/second-person.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { Severity } from '../report/drift-report.types.js';
import { SnapshotReader } from '../snapshot/snapshot-reader.js';
import { SnapshotStore } from '../snapshot/snapshot-store.js';
import type { StoredSnapshot } from '../snapshot/stored-snapshot.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { BaselineRepository } from './baseline.repository.js';
import { BaselinePinsRepository } from './baseline-pins.repository.js';
import type { DriftBaseline } from './drift-baseline.entity.js';
import { PinnedBaseline, type StoredSide } from './pinned-baseline.js';

/** What scans compare with. */
export interface CurrentBaseline {
  version: number;
  snapshot: StoredSnapshot;
  /** Gives its objects. */
  side: StoredSide;
}

export interface SnapshotApproval {
  snapshotId: string;
  reason: string;
  acceptIncomplete: boolean;
}

/** Which snapshot each tenant is held against, and what single changes made of it. */
@Injectable()
export class BaselineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly baselines: BaselineRepository,
    private readonly pins: BaselinePinsRepository,
    private readonly snapshots: SnapshotStore,
    private readonly reader: SnapshotReader,
    private readonly changes: ChangesRepository,
    private readonly secondPerson: SecondPerson,
    private readonly audit: AuditService,
  ) {}

  /** The baseline that scans compare with now; null before the first was approved. */
  async current(tx: Transaction, tenantId: string): Promise<CurrentBaseline | null> {
    const baseline = await this.baselines.findCurrent(tx, tenantId);
    return baseline === null ? null : this.opened(tx, baseline);
  }

  /** What a version of a baseline holds. */
  async opened(tx: Transaction, { tenantId, version, snapshotId }: DriftBaseline): Promise<CurrentBaseline> {
    const snapshot = await this.snapshots.find(tx, snapshotId);
    if (snapshot === null) throw new Error(`the snapshot ${snapshotId} of a baseline is gone`);
    return { version, snapshot, side: new PinnedBaseline(this.reader, await this.pins.findAt(tx, tenantId, version)) };
  }

  /** @throws DomainError drift.baseline_not_found */
  async get(id: string): Promise<DriftBaseline> {
    const baseline = await this.transactions.read((tx) => this.baselines.findById(tx, id));
    if (baseline === null) throw driftError('drift.baseline_not_found');
    return baseline;
  }

  /**
   * The version in force.
   *
   * @throws DomainError drift.baseline_not_found
   */
  async inForce(tenantId: string): Promise<DriftBaseline> {
    const baseline = await this.transactions.read((tx) => this.baselines.findCurrent(tx, tenantId));
    if (baseline === null) throw driftError('drift.baseline_not_found');
    return baseline;
  }

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<DriftBaseline>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.baselines.findPage(tx, tenants, limit + 1, before)), limit);
  }

  /**
   * Makes a snapshot the tenant's next baseline. Changes that it contains close at the next scan.
   *
   * @param version of the baseline that whoever approves has seen; null where there was none
   * @throws DomainError drift.snapshot_not_found; drift.snapshot_incomplete unless that is accepted, because what wasn't read
   *   could then never be reported as added; request.precondition_required, request.precondition_failed,
   *   drift.second_person_required
   */
  approve(actor: Actor, approval: SnapshotApproval, version: number | null): Promise<DriftBaseline> {
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
    { snapshotId, reason, acceptIncomplete }: SnapshotApproval,
    version: number | null,
    consent: Consent,
  ): Promise<DriftBaseline> {
    const snapshot = await this.snapshots.find(tx, snapshotId);
    if (snapshot === null) throw driftError('drift.snapshot_not_found');
    if (!snapshot.complete && !acceptIncomplete) throw incompleteError(snapshot);
    const { tenantId } = snapshot;
    const before = await this.baselines.lockCurrent(tx, tenantId);
    assertSeen(before, version);
    if (consent === 'alone' && before !== null)
      await this.secondPerson.assertGiven(tx, tenantId, await this.settledBy(tx, snapshot, before), consent);
    const baseline = await this.baselines.insertNext(tx, {
      tenantId,
      snapshotId,
      changeIds: [],
      acceptedIncomplete: !snapshot.complete,
      reason,
      approvedById: actor.id,
      approvedByName: actor.displayName,
    });
    await this.pins.endAll(tx, tenantId, baseline.version);
    await this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS['drift.baseline.approved'],
      tenantId,
      target: { type: 'baseline', id: baseline.id, displayName: `version ${baseline.version}` },
      outcome: 'success',
      reason,
      ...(before === null ? {} : { before: { version: before.version, snapshotId: before.snapshotId } }),
      after: { version: baseline.version, snapshotId, acceptedIncomplete: baseline.acceptedIncomplete },
    });
    return baseline;
  }

  /**
   * Severities of what approving a snapshot settles. What an older one held isn't among the live changes, and neither is what may
   * hide in a type that the baseline in force knows and this one doesn't: it may be anything.
   */
  private async settledBy(tx: Transaction, snapshot: StoredSnapshot, before: DriftBaseline): Promise<Severity[]> {
    const newest = await this.snapshots.latest(tx, snapshot.tenantId);
    const inForce = await this.snapshots.find(tx, before.snapshotId);
    if (newest === null || inForce === null || !isSameContent(snapshot, newest) || isBlinder(snapshot, inForce))
      return ['critical'];
    return this.changes.unacceptedSeverities(tx, snapshot.tenantId);
  }
}

function isSameContent(one: StoredSnapshot, other: StoredSnapshot): boolean {
  if (one.id === other.id) return true;
  if (one.normaliserVersion !== other.normaliserVersion || one.types.size !== other.types.size) return false;
  return [...one.types].every(([type, { root }]) => other.types.get(type)?.root === root);
}

function isBlinder(snapshot: StoredSnapshot, than: StoredSnapshot): boolean {
  return [...than.types].some(
    ([type, { status }]) => status === 'complete' && snapshot.types.get(type)?.status !== 'complete',
  );
}

/** Whoever approves must know what they replace. */
export function assertSeen(current: DriftBaseline | null, version: number | null): void {
  if (current !== null && version === null) throw kernelError('request.precondition_required');
  if ((current?.version ?? null) !== version) throw kernelError('request.precondition_failed');
}

function incompleteError(snapshot: StoredSnapshot) {
  const types = [...snapshot.types].filter(([, { status }]) => status !== 'complete').map(([type]) => type);
  return driftError('drift.snapshot_incomplete', {
    detail: `Not read completely: ${types.join(', ')}. Scan again, or approve with acceptIncomplete and a reason.`,
  });
}
