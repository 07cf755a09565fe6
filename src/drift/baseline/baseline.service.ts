import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { SnapshotStore } from '../snapshot/snapshot-store.js';
import type { StoredSnapshot } from '../snapshot/stored-snapshot.js';
import { BaselineRepository } from './baseline.repository.js';
import type { DriftBaseline } from './drift-baseline.entity.js';

/** Which snapshot each tenant is held against. */
@Injectable()
export class BaselineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly baselines: BaselineRepository,
    private readonly snapshots: SnapshotStore,
    private readonly audit: AuditService,
  ) {}

  /** The baseline that scans compare with now and its snapshot; null before the first was approved. */
  async current(
    tx: Transaction,
    tenantId: string,
  ): Promise<{ baseline: DriftBaseline; snapshot: StoredSnapshot } | null> {
    const baseline = await this.baselines.findCurrent(tx, tenantId);
    if (baseline === null) return null;
    const snapshot = await this.snapshots.find(tx, baseline.snapshotId);
    if (snapshot === null) throw new Error(`the snapshot ${baseline.snapshotId} of a baseline is gone`);
    return { baseline, snapshot };
  }

  async list(tenantId: string | null, limit: number, cursor?: string): Promise<Page<DriftBaseline>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.baselines.findPage(tx, tenantId, limit + 1, before)),
      limit,
    );
  }

  /**
   * Makes a snapshot the tenant's next baseline. Changes that it contains close at the next scan.
   *
   * @throws DomainError drift.snapshot_not_found; drift.snapshot_incomplete unless that is accepted, because what wasn't read
   *   could then never be reported as added
   */
  approve(
    actor: Actor,
    approval: { snapshotId: string; reason: string; acceptIncomplete: boolean },
  ): Promise<DriftBaseline> {
    return this.transactions.run(async (tx) => {
      const snapshot = await this.snapshots.find(tx, approval.snapshotId);
      if (snapshot === null) throw driftError('drift.snapshot_not_found');
      if (!snapshot.complete && !approval.acceptIncomplete) throw incompleteError(snapshot);
      const before = await this.baselines.findCurrent(tx, snapshot.tenantId);
      const baseline = await this.baselines.insertNext(tx, {
        tenantId: snapshot.tenantId,
        snapshotId: snapshot.id,
        acceptedIncomplete: !snapshot.complete,
        reason: approval.reason,
        approvedById: actor.id,
        approvedByName: actor.displayName,
      });
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.baseline.approved'],
        tenantId: snapshot.tenantId,
        target: { type: 'baseline', id: baseline.id, displayName: `version ${baseline.version}` },
        outcome: 'success',
        reason: approval.reason,
        ...(before === null ? {} : { before: { version: before.version, snapshotId: before.snapshotId } }),
        after: { version: baseline.version, snapshotId: snapshot.id, acceptedIncomplete: baseline.acceptedIncomplete },
      });
      return baseline;
    });
  }
}

function incompleteError(snapshot: StoredSnapshot) {
  const types = [...snapshot.types].filter(([, { status }]) => status !== 'complete').map(([type]) => type);
  return driftError('drift.snapshot_incomplete', {
    detail: `Not read completely: ${types.join(', ')}. Scan again, or approve with acceptIncomplete and a reason.`,
  });
}
