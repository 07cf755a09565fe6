import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AuditSealer } from '../seal/audit-sealer.service.js';
import { AuditTreeRepository, type StoredCheckpoint } from '../seal/audit-tree.repository.js';
import { SignedCheckpoints } from '../seal/signed-checkpoints.service.js';
import { auditReadError } from './audit-read.errors.js';
import { fromTheLog } from './refused-log.js';
import { SealedLogRepository } from './sealed-log.repository.js';

/** A new checkpoint at most once in this time, however often somebody asks: each of them leaves the system. */
const CHECKPOINT_SECONDS = 1;
const LOOK_AGAIN_MS = 50;
/** Far more than sealing is ever behind, unless something is wrong. */
const PATIENCE_MS = 15_000;

/** The log as of now, for those who want to take it away or have it proved. */
@Injectable()
export class SealedUntilNow {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly log: SealedLogRepository,
    private readonly tree: AuditTreeRepository,
    private readonly signed: SignedCheckpoints,
    private readonly sealer: AuditSealer,
  ) {}

  /**
   * Seals what was recorded until now, or waits until another instance has.
   *
   * @returns a checkpoint that covers all of it
   * @throws DomainError audit.sealing_behind, audit.log_refused
   */
  async checkpoint(): Promise<StoredCheckpoint> {
    const deadline = performance.now() + PATIENCE_MS;
    const now = await this.transactions.read((tx) => this.log.now(tx));
    let size: number | null = null;
    for (;;) {
      const sealed = await fromTheLog(() => this.sealer.sealBatch(CHECKPOINT_SECONDS));
      size ??= await this.sizeWithout(now);
      const newest =
        size === null ? null : await fromTheLog(() => this.transactions.read((tx) => this.signed.newest(tx)));
      if (newest !== null && newest.size >= (size ?? 0)) return newest;
      if (performance.now() > deadline) throw auditReadError('audit.sealing_behind', { retryAfterSeconds: 5 });
      if (sealed === null || sealed === 0) await sleep(LOOK_AGAIN_MS);
    }
  }

  /** How large the log is; null while something from before that time waits. */
  private sizeWithout(time: string): Promise<number | null> {
    return this.transactions.read(async (tx) => {
      if (await this.log.isWaiting(tx, time)) return null;
      return (await this.tree.findTree(tx))?.size ?? null;
    });
  }
}
