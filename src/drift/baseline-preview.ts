import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { BaselineService } from './baseline/baseline.service.js';
import { unpinned } from './baseline/pinned-baseline.js';
import type { TenantCollection } from './collect/collect.types.js';
import { driftError } from './drift.errors.js';
import { DriftComparison } from './drift-comparison.js';
import { NORMALISER_VERSION } from './normalise/normalise-object.js';
import { ChangesRepository } from './report/changes.repository.js';
import type { ClassifiedChange } from './report/drift-report.types.js';
import { identityOf } from './report/reconcile-changes.js';
import { bySeverity } from './report/summarise-changes.js';
import { HeadsRepository } from './snapshot/heads.repository.js';
import type { KnownHeads } from './snapshot/known-heads.js';
import { NewestHeads } from './snapshot/newest-heads.js';
import { SnapshotReader } from './snapshot/snapshot-reader.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import type { StoredSnapshot } from './snapshot/stored-snapshot.js';
import { TenantAccess } from './tenant-access/tenant-access.service.js';

/** Objects that may differ between the snapshot and the tenant: all of them are opened and held. */
export const MAX_PREVIEWED_OBJECTS = 10_000;
/** At once in one instance: each holds what differs in memory, and what rules ask for beside it. */
const PREVIEWS_AT_ONCE = 2;
const RETRY_SECONDS = 10;

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
  private running = 0;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly comparison: DriftComparison,
    private readonly baselines: BaselineService,
    private readonly snapshots: SnapshotStore,
    private readonly reader: SnapshotReader,
    private readonly heads: NewestHeads,
    private readonly moved: HeadsRepository,
    private readonly changes: ChangesRepository,
    private readonly tenants: TenantsService,
    private readonly access: TenantAccess,
    private readonly audit: AuditService,
  ) {}

  /**
   * It says what an old snapshot holds, so it is for those who may take that away.
   *
   * @throws DomainError drift.snapshot_not_found, drift.not_allowed, drift.preview_too_large, drift.preview_busy
   */
  async ofSnapshot(actor: CallerActor, id: string): Promise<PreviewedBaseline> {
    const snapshot = await this.transactions.read((tx) => this.snapshots.find(tx, id));
    if (snapshot === null) throw driftError('drift.snapshot_not_found');
    if (!(await this.access.may(actor, 'drift:export', snapshot.tenantId))) {
      const route = 'POST /drift/baselines/preview';
      await this.audit.recordDenial(actor, { permission: 'drift:export', route, reason: 'missing_permission' });
      throw driftError('drift.not_allowed', { detail: 'This needs the permission drift:export.' });
    }
    if (this.running >= PREVIEWS_AT_ONCE) throw driftError('drift.preview_busy', { retryAfterSeconds: RETRY_SECONDS });
    this.running += 1;
    try {
      return await this.previewed(snapshot);
    } finally {
      this.running -= 1;
    }
  }

  private previewed(snapshot: StoredSnapshot): Promise<PreviewedBaseline> {
    return this.transactions.read(async (tx) => {
      const tenant = await this.tenants.get(snapshot.tenantId);
      const newest = await this.snapshots.latest(tx, tenant.id);
      if (newest === null) throw driftError('drift.snapshot_not_found');
      if (await this.isTooMuch(tx, snapshot)) throw driftError('drift.preview_too_large');
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

  /** What is in another form is opened whole to be compared. */
  private async isTooMuch(tx: Transaction, { tenantId, sequence, normaliserVersion, types }: StoredSnapshot) {
    if (normaliserVersion !== NORMALISER_VERSION) {
      const total = [...types.values()].reduce((sum, { count }) => sum + count, 0);
      if (total > MAX_PREVIEWED_OBJECTS) return true;
    }
    return (
      (await this.moved.countMovedSince(tx, tenantId, sequence, MAX_PREVIEWED_OBJECTS + 1)) > MAX_PREVIEWED_OBJECTS
    );
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
