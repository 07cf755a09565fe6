import { open } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../../config/settings.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { TreeDamaged } from '../../crypto/merkle/tiles.js';
import { treeRoot } from '../../crypto/merkle/tree-proofs.js';
import { NoteRefused, type VerifierKey } from '../../crypto/signed-note.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import type { KnownTree } from './audit-sealer.service.js';
import { AuditTreeRepository, type StoredCheckpoint } from './audit-tree.repository.js';
import { largestNotes } from './largest-notes.js';
import { SignedCheckpoints } from './signed-checkpoints.service.js';
import { TreeHeads } from './tree-heads.service.js';
import { TreeRefused } from './tree-refused.js';

const BATCH = 100;
/** Rows that one line of the service's log names. */
const NAMED = 10;

interface Unpublished {
  checkpoints: StoredCheckpoint[];
  /** Rows of the table that are no checkpoints of this log, though their notes say so: by size, and why. */
  planted: { size: number; fault: string }[];
  /** And that don't even say so. */
  strays: number;
  upTo: number;
}

/**
 * Lets checkpoints leave the system, so that whoever cuts the end off the log is seen: as lines of the service's log, and into
 * AUDIT_CHECKPOINT_FILE (webhooks get them through the outbox). At least once each, in their order, and none that this service hasn't
 * signed: whoever keeps them would believe it.
 */
@Injectable()
export class CheckpointPublisher {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    private readonly heads: TreeHeads,
    private readonly signed: SignedCheckpoints,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditGaps) private readonly gaps: Counter,
  ) {}

  /**
   * The largest checkpoint in AUDIT_CHECKPOINT_FILE, which whoever writes to the database doesn't reach; null without the file, or
   * while nothing stands in it.
   *
   * @throws TreeRefused when something stands there and nothing of it is signed by this log: it would say nothing about the tree
   */
  async largestKept(): Promise<KnownTree | null> {
    const path = this.settings.AUDIT_CHECKPOINT_FILE;
    const tree = await this.transactions.read((tx) => this.tree.findTree(tx));
    const kept = path === undefined ? null : await largestNotes(path);
    if (path === undefined || tree === null || kept === null) return null;
    const trusted = await this.signed.trusted(tree.origin);
    for (const note of kept) {
      try {
        const { size, root, signedBy } = openCheckpoint(note, trusted);
        if (signedBy.length > 0 && size > 0) return { size, root, from: path };
      } catch (error) {
        if (!(error instanceof NoteRefused)) throw error;
      }
    }
    throw new TreeRefused(
      `${path} holds no checkpoint that this audit log (${tree.origin}) has signed: it was changed, or belongs to another installation or to a database that is gone (docs/operations/audit-log-refused.md)`,
    );
  }

  async publish(): Promise<void> {
    for (;;) {
      const found = await this.transactions.readAtOnce((tx) => this.findUnpublished(tx));
      if (found === null) return;
      const { checkpoints, planted, strays, upTo } = found;
      if (planted.length + strays > 0) {
        this.gaps.inc({ kind: 'checkpoint' }, planted.length + strays);
        this.logger.error(
          { planted: planted.slice(0, NAMED), count: planted.length + strays, upTo },
          'checkpoints of the audit trail were written past the service; they are not published',
        );
      }
      const file = this.settings.AUDIT_CHECKPOINT_FILE;
      const text = checkpoints.map(({ note }) => `${note}\n`).join('');
      if (file !== undefined && text !== '') await append(file, text);
      for (const { size, note } of checkpoints) this.logger.info({ treeSize: size, note }, 'audit checkpoint');
      await this.transactions.run((tx) => this.setPublished(tx, upTo));
    }
  }

  /** @returns null when none is left, or nothing was sealed yet */
  private async findUnpublished(tx: Transaction): Promise<Unpublished | null> {
    const row = await this.tree.findTree(tx);
    const head = row === null ? null : await this.heads.of(row);
    if (row === null || head === null) return null;
    const range = { above: head.publishedSize, upTo: head.size };
    const rows = await this.tree.findCheckpoints(tx, { origin: row.origin, ...range }, BATCH);
    const last = rows.at(-1)?.size ?? range.above;
    const strays = await this.tree.strayCheckpoints(tx, row.origin, {
      ...range,
      upTo: rows.length < BATCH ? range.upTo : last,
    });
    if (rows.length === 0 && strays.count === 0) return null;
    const trusted = await this.signed.trusted(row.origin);
    const upTo = Math.max(last, strays.largest ?? 0);
    const found: Unpublished = { checkpoints: [], planted: [], strays: strays.count, upTo };
    for (const checkpoint of rows) {
      const { size } = checkpoint;
      const fault =
        found.checkpoints.at(-1)?.size === size
          ? 'it stands there twice'
          : await this.faultOf(tx, checkpoint, row.origin, trusted);
      if (fault === null) found.checkpoints.push(checkpoint);
      else found.planted.push({ size, fault });
    }
    return found;
  }

  /** Why a row isn't a checkpoint of this tree; null for one that is. */
  private async faultOf(
    tx: Transaction,
    { size, root, note }: StoredCheckpoint,
    origin: string,
    trusted: readonly VerifierKey[],
  ): Promise<string | null> {
    try {
      const signed = openCheckpoint(note, trusted);
      if (signed.signedBy.length === 0) return 'no key of this log has signed it';
      if (signed.origin !== origin || signed.size !== size || !signed.root.equals(root)) return 'another was signed';
      const grown = await treeRoot(size, (ids) => this.tree.readTiles(tx, ids));
      return grown.equals(root) ? null : 'the tree is another';
    } catch (error) {
      if (error instanceof NoteRefused) return error.message;
      if (error instanceof TreeDamaged) return 'the tree lacks what it stands for';
      throw error;
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
