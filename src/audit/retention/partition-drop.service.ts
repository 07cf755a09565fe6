import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { AuditService } from '../audit.service.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { DroppedMonths } from './dropped-months.service.js';
import { type PartitionArchive, PartitionArchives } from './partition-archive.service.js';
import { PartitionStandings } from './partition-standings.service.js';
import { RETENTION_ACTIONS } from './retention.events.js';
import type { AuditPartition, PartitionLeaves } from './retention.types.js';

/** Each waits half a second for its locks at most; between them whoever appends goes first. */
const DROP_TRIES = 20;
const PAUSE_MS = 250;

export interface DropOptions {
  signal: AbortSignal;
  /** Throws when the run was overtaken: part of the transaction that drops. */
  assertStillMine: (tx: Transaction) => Promise<void>;
}

/** Takes months out of the table whose time is over. Leaves, tiles and checkpoints stay: proofs of what is kept still hold. */
@Injectable()
export class PartitionDrops {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly partitions: AuditPartitionsRepository,
    private readonly standings: PartitionStandings,
    private readonly archives: PartitionArchives,
    private readonly dropped: DroppedMonths,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Exports and drops what is due and what nothing keeps.
   *
   * @returns names of the partitions that were dropped, and of those that are due and kept
   */
  async dropDue(actor: Actor, options: DropOptions): Promise<{ dropped: string[]; kept: string[] }> {
    const result = { dropped: [] as string[], kept: [] as string[] };
    const folder = this.settings.AUDIT_ARCHIVE_DIR;
    if (folder === undefined) {
      this.logger.info('AUDIT_ARCHIVE_DIR is not set: no month of the audit trail is dropped, whatever its age');
      return result;
    }
    const all = await this.transactions.read((tx) => this.partitions.findAll(tx, this.standings.days));
    for (const partition of all.filter(({ isDue }) => isDue)) {
      options.signal.throwIfAborted();
      const name = `${partition.class} ${partition.month}`;
      const found = await this.transactions.read((tx) => this.partitions.findLeaves(tx, partition));
      const keptBy = await this.transactions.read((tx) => this.standings.keepersOf(tx, partition, found));
      if (keptBy.length > 0)
        this.logger.warn({ partition: name, keptBy }, 'a month of the audit trail is due and kept');
      const isDropped = keptBy.length === 0 && (await this.exportAndDrop(folder, actor, partition, found, options));
      (isDropped ? result.dropped : result.kept).push(name);
    }
    return result;
  }

  private async exportAndDrop(
    folder: string,
    actor: Actor,
    partition: AuditPartition,
    found: PartitionLeaves,
    options: DropOptions,
  ): Promise<boolean> {
    const archive = found.leaves === 0 ? null : await this.archives.write(folder, partition, found, options.signal);
    for (let tries = 1; ; tries++) {
      try {
        return await this.transactions.run((tx) => this.drop(tx, actor, partition, found, archive, options));
      } catch (error) {
        if (!(error instanceof DomainError && error.kind === 'unavailable') || tries === DROP_TRIES) throw error;
        await sleep(PAUSE_MS * (1 + Math.random()), undefined, { signal: options.signal });
      }
    }
  }

  /** @returns false when something came up since it was looked at */
  private async drop(
    tx: Transaction,
    actor: Actor,
    partition: AuditPartition,
    found: PartitionLeaves,
    archive: PartitionArchive | null,
    { assertStillMine }: DropOptions,
  ): Promise<boolean> {
    await assertStillMine(tx);
    await this.partitions.lockRetention(tx);
    if (await this.standings.isHeld(tx, partition)) return false;
    // The record first: what waits for the locks must not wait for it.
    await this.record(tx, actor, partition, found, archive);
    await this.partitions.drop(tx, partition);
    // Under the lock of the drop: nobody can add to it any more.
    if (!(await this.partitions.isComplete(tx, partition, (found.last ?? -1) + 1)))
      throw new Error('records were added to a month of the audit trail that is over; it stays');
    await this.dropped.save(tx, `${partition.class} ${partition.month}`, found);
    return true;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    partition: AuditPartition,
    found: PartitionLeaves,
    archive: PartitionArchive | null,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: RETENTION_ACTIONS['audit.partition.dropped'],
      tenantId: null,
      target: { type: 'audit-partition', id: `${partition.class} ${partition.month}` },
      outcome: 'success',
      before: {
        class: partition.class,
        month: partition.month,
        records: found.leaves,
        firstLeafIndex: found.first,
        lastLeafIndex: found.last,
      },
      after: { archive: archive === null ? null : { file: archive.file, sha256: archive.sha256, size: archive.size } },
    });
  }
}
