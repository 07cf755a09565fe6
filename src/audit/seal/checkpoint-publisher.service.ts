import { open } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { AuditTreeRepository } from './audit-tree.repository.js';

const BATCH = 100;

/**
 * Lets checkpoints leave the system, so that whoever cuts the end off the log is seen: as lines of the service's log, and into
 * AUDIT_CHECKPOINT_FILE (webhooks get them through the outbox). At least once each, in their order.
 */
@Injectable()
export class CheckpointPublisher {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async publish(): Promise<void> {
    for (;;) {
      const checkpoints = await this.transactions.read((tx) => this.tree.findUnpublished(tx, BATCH));
      const last = checkpoints.at(-1);
      if (last === undefined) return;
      const file = this.settings.AUDIT_CHECKPOINT_FILE;
      if (file !== undefined) await append(file, checkpoints.map(({ note }) => `${note}\n`).join(''));
      for (const { size, note } of checkpoints) this.logger.info({ treeSize: size, note }, 'audit checkpoint');
      await this.transactions.run((tx) => this.tree.setPublished(tx, last.size));
    }
  }
}

/** Notes one after the other, an empty line between them; on the disk when this resolves. */
async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o640);
  try {
    await file.appendFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}
