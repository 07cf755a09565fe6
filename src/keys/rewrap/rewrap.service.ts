import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { keyVersionOf } from '../../crypto/data-key-cipher.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { DatabaseKeyRing } from '../database-key-ring.service.js';
import { KEYS_ACTIONS } from '../keys.events.js';
import { KeysRepository } from '../keys.repository.js';
import { type RewrapProgress, RewrapProgressRepository, type RewrapTarget } from './rewrap-progress.repository.js';
import { type StoredColumn, storedColumns } from './stored-columns.js';
import { type RewrittenValue, type StoredValue, StoredValuesRepository } from './stored-values.repository.js';
import { StoredValues } from './stored-values.service.js';

/** Blocks that one transaction writes again: some hundred rows, locked for some milliseconds. */
const BLOCKS_AT_ONCE = 8;
/** How often a run walks one table: what was locked, or written under the older key meanwhile, is found the next time. */
const PASSES = 5;

export interface RewrapRun {
  actor: Actor;
  /** Whether also what is complete is looked through again; else once a day. */
  verify: boolean;
  /** Throws when another run has taken over; in each transaction that writes. */
  assertMine: (tx: Transaction) => Promise<void>;
  signal: AbortSignal;
}

/**
 * After a rotation, what lies under older keys is written again under the newest, while the service goes on: each value only where it
 * is still what was read, rows that others hold are passed by, and how far it came stands in the same transaction.
 */
@Injectable()
export class Rewrap {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly keyRing: DatabaseKeyRing,
    private readonly stored: StoredValues,
    private readonly values: StoredValuesRepository,
    private readonly progress: RewrapProgressRepository,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @returns whether everything that is to be written again lies under the newest keys */
  async run(run: RewrapRun): Promise<boolean> {
    // After what is asked here, so that this process has the newest keys itself.
    const newest = await this.transactions.read((tx) => this.keys.currentVersions(tx));
    await this.keyRing.reread();
    let isComplete = true;
    for (const column of storedColumns()) {
      if (!column.rewrap) continue;
      const target = {
        kind: column.kind,
        version: newest[column.kind],
        table: column.sealed.table,
        column: column.column,
      };
      // The first key of an installation has nothing before it.
      if (target.version > 1 && !(await this.rewrap(run, column, target))) isComplete = false;
    }
    return isComplete;
  }

  private async rewrap(run: RewrapRun, column: StoredColumn, target: RewrapTarget): Promise<boolean> {
    let progress = await this.transactions.run((tx) => this.progress.begin(tx, target));
    if (progress.completedAt !== null) {
      if (!run.verify && progress.isVerified) return true;
      if (!(await this.stored.holdsOthers(column, target.version))) {
        await this.transactions.run((tx) => this.progress.verified(tx, target));
        return true;
      }
      progress = await this.startOver(run, target);
    }
    for (let pass = 0; pass < PASSES; pass++) {
      await this.walk(run, column, progress);
      if (!(await this.stored.holdsOthers(column, target.version))) {
        await this.complete(run, target);
        return true;
      }
      progress = await this.startOver(run, target);
    }
    this.logger.warn(
      { ...target },
      'not everything could be written again under the newest key; it is tried again later',
    );
    return false;
  }

  /** From where it stands to the end of the table. */
  private async walk(run: RewrapRun, column: StoredColumn, progress: RewrapProgress): Promise<void> {
    const leaves = await this.stored.leaves(column.sealed.table);
    for (const { name, blocks } of leaves) {
      if (progress.leaf !== null && name < progress.leaf) continue;
      for (let from = progress.leaf === name ? progress.block : 0; from < blocks; from += BLOCKS_AT_ONCE) {
        run.signal.throwIfAborted();
        await this.rewrapBlocks(run, column, progress, name, from);
      }
    }
  }

  private async rewrapBlocks(
    { assertMine }: RewrapRun,
    column: StoredColumn,
    target: RewrapTarget,
    leaf: string,
    from: number,
  ): Promise<void> {
    const to = from + BLOCKS_AT_ONCE;
    await this.transactions.run(async (tx) => {
      await assertMine(tx);
      const older = await this.values.findOlder(tx, leaf, column.sealed, column, target.version, [from, to]);
      const rewritten: RewrittenValue[] = [];
      for (const value of older) {
        const after = await this.writtenAgain(column, target.version, value);
        if (after === null) continue;
        rewritten.push({ at: value.at, before: value.entry ?? value.sealed, after, sealed: value.sealed });
      }
      const count = await this.values.rewrite(tx, leaf, column.sealed.column, column.column, rewritten);
      await this.progress.move(tx, target, leaf, to, count);
    });
  }

  /** Null when it can't be opened, which is logged, or when this instance doesn't have the newest key yet. */
  private async writtenAgain(
    { sealed, index }: StoredColumn,
    version: number,
    value: StoredValue,
  ): Promise<Buffer | null> {
    const place = { table: sealed.table, column: sealed.column, row: value.row, tenant: value.tenant };
    try {
      const plaintext = await this.keyRing.open(value.sealed, place);
      if (index === null) {
        const again = await this.keyRing.seal(plaintext, place);
        return keyVersionOf(again) === version ? again : null;
      }
      const text = index.textOf(plaintext);
      const current = await this.keyRing.index(index.purpose);
      return text === null || current.version !== version ? null : current.entry(text);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.error({ err: error, ...place }, 'a stored value does not open; it stays as it is');
      return null;
    }
  }

  private startOver({ assertMine }: RewrapRun, target: RewrapTarget): Promise<RewrapProgress> {
    return this.transactions.run(async (tx) => {
      await assertMine(tx);
      return this.progress.startOver(tx, target);
    });
  }

  private async complete({ actor, assertMine }: RewrapRun, target: RewrapTarget): Promise<void> {
    await this.transactions.run(async (tx) => {
      await assertMine(tx);
      const { written } = await this.progress.complete(tx, target);
      await this.audit.record(tx, actor, {
        action: KEYS_ACTIONS['keys.rewrap.completed'],
        tenantId: null,
        target: { type: `${target.kind}-key`, id: String(target.version) },
        outcome: 'success',
        after: { table: target.table, column: target.column, written },
      });
    });
  }
}
