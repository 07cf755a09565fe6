import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { RetentionClass } from '../append/retention-class.js';
import { SignedCheckpoints } from '../seal/signed-checkpoints.service.js';
import { AuditStreams } from '../stream/audit-streams.service.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import type { AuditPartition, PartitionKeeper, PartitionLeaves, PartitionStanding } from './retention.types.js';
import { type StandingHold, StandingHolds } from './standing-holds.service.js';

/** What is kept of the trail, what is due, and what keeps it. */
@Injectable()
export class PartitionStandings {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly partitions: AuditPartitionsRepository,
    private readonly holds: StandingHolds,
    private readonly signed: SignedCheckpoints,
    private readonly streams: AuditStreams,
  ) {}

  /** Days for which each class is kept. */
  get days(): Record<RetentionClass, number> {
    return {
      security: this.settings.AUDIT_RETENTION_SECURITY_DAYS,
      operation: this.settings.AUDIT_RETENTION_OPERATION_DAYS,
    };
  }

  /** Every partition, oldest first. */
  list(): Promise<PartitionStanding[]> {
    return this.transactions.read(async (tx) => {
      const standings: PartitionStanding[] = [];
      const holds = await this.holds.find(tx);
      for (const partition of await this.partitions.findAll(tx, this.days)) {
        standings.push({ ...partition, keptBy: await this.keepersNow(tx, partition, holds) });
      }
      return standings;
    });
  }

  private async keepersNow(
    tx: Transaction,
    partition: AuditPartition,
    holds: readonly StandingHold[],
  ): Promise<PartitionKeeper[]> {
    // A hold is shown as soon as it is there, long before it is what keeps the month.
    if (!partition.isDue) return keeps(holds, partition) ? ['not-due', 'hold'] : ['not-due'];
    // Without a place for them all of these stay, and there may be many by now: no need to look into each.
    if (this.settings.AUDIT_ARCHIVE_DIR === undefined)
      return keeps(holds, partition) ? ['no-archive', 'hold'] : ['no-archive'];
    return this.keepersOf(tx, partition, await this.partitions.findLeaves(tx, partition), holds);
  }

  /** What keeps a partition that is due; nothing: it may be dropped once it is exported. */
  async keepersOf(
    tx: Transaction,
    partition: AuditPartition,
    found: PartitionLeaves,
    known?: readonly StandingHold[],
  ): Promise<PartitionKeeper[]> {
    const holds = known ?? (await this.holds.find(tx));
    const size = (await this.signed.newest(tx))?.size ?? 0;
    const last = found.last ?? -1;
    const keepers: [PartitionKeeper, boolean][] = [
      ['unsealed', found.records !== found.leaves || !(await this.partitions.isComplete(tx, partition, last + 1))],
      ['not-signed', last >= size],
      ['stream', (await this.streams.positions(tx)).some(({ nextLeaf, ahead }) => nextLeaf <= last || ahead > 0)],
      ['hold', keeps(holds, partition)],
    ];
    return keepers.filter(([, isKept]) => isKept).map(([keeper]) => keeper);
  }

  async isHeld(tx: Transaction, partition: AuditPartition): Promise<boolean> {
    return keeps(await this.holds.find(tx), partition);
  }
}

/** By its time, or because it has the record that proves a hold: without that, nothing would show the hold when its row is gone. */
function keeps(holds: readonly StandingHold[], { class: name, from, to }: AuditPartition): boolean {
  const hasRecord = (placedAt: readonly Date[]) => name === 'security' && placedAt.some((at) => from <= at && at < to);
  return holds.some((hold) => (hold.from < to && hold.to > from) || hasRecord(hold.placedAt));
}
