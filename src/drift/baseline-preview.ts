import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { BaselineService } from './baseline/baseline.service.js';
import { unpinned } from './baseline/pinned-baseline.js';
import type { TenantCollection } from './collect/collect.types.js';
import { driftError } from './drift.errors.js';
import { DriftComparison } from './drift-comparison.js';
import { ChangesRepository } from './report/changes.repository.js';
import type { ClassifiedChange } from './report/drift-report.types.js';
import { identityOf } from './report/reconcile-changes.js';
import { bySeverity } from './report/summarise-changes.js';
import type { KnownHeads } from './snapshot/known-heads.js';
import { NewestHeads } from './snapshot/newest-heads.js';
import { SnapshotReader } from './snapshot/snapshot-reader.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import type { StoredSnapshot } from './snapshot/stored-snapshot.js';

/** What a baseline would do to the changes that are known. */
export interface PreviewedBaseline {
  /** The version in force. */
  version: number | null;
  /** Ids of changes. */
  closes: string[];
  stays: number;
  /** The worst first. */
  opens: ClassifiedChange[];
}

/** What the approval of a snapshot would come to: the tenant's newest snapshot held against it, and nothing written. */
@Injectable()
export class BaselinePreview {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly comparison: DriftComparison,
    private readonly baselines: BaselineService,
    private readonly snapshots: SnapshotStore,
    private readonly reader: SnapshotReader,
    private readonly heads: NewestHeads,
    private readonly changes: ChangesRepository,
    private readonly tenants: TenantsService,
  ) {}

  /** @throws DomainError drift.snapshot_not_found */
  ofSnapshot(id: string): Promise<PreviewedBaseline> {
    return this.transactions.read(async (tx) => {
      const snapshot = await this.snapshots.find(tx, id);
      if (snapshot === null) throw driftError('drift.snapshot_not_found');
      const tenant = await this.tenants.get(snapshot.tenantId);
      const newest = await this.snapshots.latest(tx, tenant.id);
      if (newest === null) throw driftError('drift.snapshot_not_found');
      const heads = this.heads.of(newest);
      const live = await this.changes.findLive(tx, tenant.id);
      const asked = live.map(({ resourceKey }) => resourceKey);
      const collection = await asItIs(newest, snapshot, heads, asked);
      const current = await this.baselines.current(tx, tenant.id);
      const { changes, assess } = await this.comparison.compareWith(
        tx,
        tenant,
        { previous: newest, heads, collection, takenAt: newest.takenAt },
        { version: (current?.version ?? 0) + 1, snapshot, side: unpinned(this.reader) },
      );
      return { version: current?.version ?? null, ...(await this.effect(tx, tenant.id, changes, assess)) };
    });
  }

  private async effect(
    tx: Transaction,
    tenantId: string,
    changes: ClassifiedChange[],
    assess: Awaited<ReturnType<DriftComparison['compareWith']>>['assess'],
  ): Promise<Omit<PreviewedBaseline, 'version'>> {
    const found = new Map(changes.map((change) => [identityOf(change), change]));
    const closes: string[] = [];
    let stays = 0;
    for (const change of await this.changes.findOpened(tx, tenantId)) {
      if (!found.delete(change.identity.toString('hex')) && assess(change) !== 'not-assessed') closes.push(change.id);
      else stays += 1;
    }
    return { closes, stays, opens: [...found.values()].sort(bySeverity) };
  }
}

/**
 * The newest snapshot as if it had just been read again. Which users and groups something still names isn't asked of every
 * object for a preview: those that came or went since count as named.
 */
async function asItIs(
  newest: StoredSnapshot,
  since: StoredSnapshot,
  heads: KnownHeads,
  asked: string[],
): Promise<TenantCollection> {
  const moved = [await heads.movedSince('user', since.sequence), await heads.movedSince('group', since.sequence)];
  const named = new Set([...asked, ...moved.flat()]);
  const collection: TenantCollection = new Map();
  for (const [resourceType, { status, reason, count, notCarried }] of newest.types) {
    collection.set(resourceType, {
      resourceType,
      status,
      reason,
      count,
      ...(notCarried === undefined ? {} : { notCarried }),
      changed: new Map(),
      reread: new Map(),
      gone: new Set(),
      named,
      wasRead: () => true,
    });
  }
  return collection;
}
