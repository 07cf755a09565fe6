import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { ChangeAttributor } from './attribution/change-attributor.js';
import type { TenantCollection } from './collect/collect.types.js';
import { chainOf } from './collect/collection-chain.js';
import { CollectionMarksRepository } from './collect/collection-marks.repository.js';
import { readingLimitMs } from './collect/reading-limit.js';
import { TenantCollector } from './collect/tenant-collector.js';
import { ConfirmedComparison, type ScanReading } from './confirmed-comparison.js';
import { driftError } from './drift.errors.js';
import { RESOURCE_TYPE_CATALOGUE } from './resource-types/catalogue.js';
import { type RecordedScan, ScanRecorder } from './scan-recorder.js';
import { NewestHeads } from './snapshot/newest-heads.js';

/**
 * The drift pipeline: collect and normalise -> compare with the baseline and classify, twice where it is grave -> attribute -> one transaction with
 * everything that follows from it, where the fence is still ours. Until that transaction nothing is written.
 */
@Injectable()
export class DriftScanService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly slots: JobSlots,
    private readonly heads: NewestHeads,
    private readonly collector: TenantCollector,
    private readonly comparison: ConfirmedComparison,
    private readonly attributor: ChangeAttributor,
    private readonly recorder: ScanRecorder,
    private readonly marks: CollectionMarksRepository,
  ) {}

  /**
   * Scans a tenant for the slot that `run` holds, and completes the slot.
   *
   * @param signal aborts when the run is overtaken or the process stops
   * @param enough aborts, with ReadingLate, when what was read so far has to do
   * @throws DomainError drift.nothing_read when no type could be read, jobs.run_overtaken when another run has the slot
   */
  async scan(
    tenant: WatchedTenant,
    run: SlotRun,
    signal: AbortSignal,
    enough: AbortSignal = new AbortController().signal,
  ): Promise<RecordedScan> {
    const { takenAt, previous, chain } = await this.transactions.read(async (tx) => {
      const begun = await this.recorder.begin(tx, tenant.id);
      const marks = begun.previous === null ? new Map() : await this.marks.of(tx, tenant.id, begun.previous.id);
      return { ...begun, chain: chainOf(begun.takenAt, begun.previous, marks) };
    });
    const heads = this.heads.of(previous);
    const limitMs = readingLimitMs(tenant.scanIntervalSeconds);
    const reading = await this.collector.read(tenant.entraTenantId, heads, signal, chain, limitMs, enough);
    try {
      const comparing = AbortSignal.any([signal, enough]);
      return await this.recordReading(tenant, run, { takenAt, previous, heads, reading }, signal, comparing);
    } finally {
      reading.close();
    }
  }

  private async recordReading(
    tenant: WatchedTenant,
    run: SlotRun,
    scan: ScanReading,
    signal: AbortSignal,
    comparing: AbortSignal,
  ): Promise<RecordedScan> {
    const { takenAt, previous, reading } = scan;
    assertSomethingRead(reading.collection);
    const { collection, comparison } = await this.comparison.compare(tenant, scan, comparing);
    const attributions = await this.attributor.attribute(
      {
        tenantId: tenant.id,
        entraTenantId: tenant.entraTenantId,
        takenAt,
        previous,
        changes: comparison.changes,
        modifiedAt: comparison.modifiedAt,
      },
      signal,
    );
    signal.throwIfAborted();
    return this.transactions.run(async (tx) => {
      // First of all: it locks the slot, so that nobody takes over while this transaction writes.
      await this.slots.assertFence(tx, run);
      const recorded = await this.recorder.record(tx, {
        tenant,
        run,
        takenAt,
        previous,
        collection,
        comparison,
        attributions,
      });
      await this.marks.replace(tx, tenant.id, recorded.snapshotId, reading.marks);
      await this.slots.complete(tx, run, { ...recorded });
      return recorded;
    });
  }
}

/** Our own configuration can always be read, and says nothing of whether the tenant could. */
function assertSomethingRead(collection: TenantCollection): void {
  const types = [...collection.values()].filter(
    ({ resourceType }) => RESOURCE_TYPE_CATALOGUE[resourceType].collect.kind !== 'own',
  );
  if (types.some(({ status }) => status !== 'failed')) return;
  throw driftError('drift.nothing_read', {
    detail: types.find(({ reason }) => reason !== null)?.reason ?? 'No reason is known.',
  });
}
