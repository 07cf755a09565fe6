import { open } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { MAX_NOTE_BYTES, NoteRefused, notesOf, verifierKey } from '../../crypto/signed-note.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import type { KnownTree } from './audit-sealer.service.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { TreeHeads } from './tree-heads.service.js';

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
    private readonly heads: TreeHeads,
    private readonly keys: KeyRing,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The newest checkpoint in AUDIT_CHECKPOINT_FILE, which whoever writes to the database doesn't reach; null without the file, or where
   * its end is none that this log has signed.
   */
  async lastPublished(): Promise<KnownTree | null> {
    const path = this.settings.AUDIT_CHECKPOINT_FILE;
    const tree = await this.transactions.read((tx) => this.tree.findTree(tx));
    const note = path === undefined ? undefined : notesOf(await endOf(path)).at(-1);
    if (path === undefined || tree === null || note === undefined || note === '') return null;
    const trusted = (await this.keys.checkpointVerifiers()).map(({ publicKey }) => verifierKey(tree.origin, publicKey));
    try {
      const { size, root, signedBy } = openCheckpoint(note, trusted);
      if (signedBy.length > 0) return { size, root, from: path };
    } catch (error) {
      if (!(error instanceof NoteRefused)) throw error;
    }
    this.logger.warn({ file: path }, 'the file of checkpoints ends in none of this audit log; it was not compared');
    return null;
  }

  async publish(): Promise<void> {
    for (;;) {
      const checkpoints = await this.transactions.read((tx) => this.tree.findUnpublished(tx, BATCH));
      const last = checkpoints.at(-1);
      if (last === undefined) return;
      const file = this.settings.AUDIT_CHECKPOINT_FILE;
      if (file !== undefined) await append(file, checkpoints.map(({ note }) => `${note}\n`).join(''));
      for (const { size, note } of checkpoints) this.logger.info({ treeSize: size, note }, 'audit checkpoint');
      await this.transactions.run((tx) => this.setPublished(tx, last.size));
    }
  }

  private async setPublished(tx: Transaction, publishedSize: number): Promise<void> {
    const row = await this.tree.lockTreeAfterOthers(tx);
    const head = row === null ? null : await this.heads.of(row);
    // Another instance may have been faster.
    if (head === null || head.publishedSize >= publishedSize) return;
    const { size } = head;
    await this.tree.setHead(tx, { size, publishedSize }, await this.heads.seal({ ...head, publishedSize }));
  }
}

/** @returns '' when there is no such file */
async function endOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MAX_NOTE_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
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
