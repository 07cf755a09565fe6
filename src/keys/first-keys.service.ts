import { Inject, Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { type CheckpointKeyRow, KeysRepository, type NumberedKeys } from './keys.repository.js';
import type { SigningKeyRow } from './signing-key.entity.js';

/** A start that waits for longer says what for. */
const SLOW_MS = 2000;

/** Makes what an installation lacks: a data key, a key for checkpoints, an index key and a signing key and the ones after them. */
@Injectable()
export class FirstKeys {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly wrapping: KeyWrapping,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Of several instances that start at once on an empty database one makes them; the others wait, and find them.
   *
   * @throws DomainError keys.master_key_wrong, before anything is written, when this master key isn't the one of the database
   */
  async makeMissing(): Promise<void> {
    const slow = setTimeout(() => {
      const vault = this.wrapping.vaultName;
      this.logger.warn(
        { vault },
        'the keys are not open yet: waiting for the key vault, or an instance that makes them',
      );
    }, SLOW_MS);
    try {
      await this.transactions.run(async (tx) => {
        await this.keys.lock(tx);
        await this.dataKey(tx);
        await this.indexKey(tx);
        await this.checkpointKey(tx);
        await this.signingKeys(tx);
      });
    } finally {
      clearTimeout(slow);
    }
  }

  /** @returns its kid; for whoever holds the lock and has seen that there is no next key */
  async makeNext(tx: Transaction): Promise<string> {
    const key = await this.wrapping.newSigningKey();
    await this.keys.insertSigningKey(tx, 'next', key);
    return key.kid;
  }

  /** @returns its version; for whoever holds the lock and has seen that there is no next key */
  async makeNextIndex(tx: Transaction): Promise<number> {
    const version = await this.keys.nextVersion(tx, 'index_keys');
    await this.keys.insertIndexKey(tx, 'next', await this.wrapping.newIndexKey(version));
    return version;
  }

  private async dataKey(tx: Transaction): Promise<void> {
    await this.giveCheckValues(tx, 'data_keys', await this.keys.findDataKeys(tx));
    const [newest] = await this.keys.findDataKeys(tx);
    if (newest === undefined) await this.keys.insertDataKey(tx, await this.wrapping.newDataKey(1));
    else await this.wrapping.openDataKey(newest);
  }

  /** To keys from before there were check values: by what they are now. One that has lost its own isn't given another. */
  private async giveCheckValues(
    tx: Transaction,
    table: NumberedKeys,
    rows: readonly (Parameters<KeyWrapping['checkValueOf']>[1] & { checkValue: Buffer | null })[],
  ): Promise<void> {
    if (!(await this.keys.lacksCheckValues(tx, table))) return;
    for (const row of rows) {
      if (row.checkValue !== null) continue;
      await this.keys.setCheckValue(tx, table, row.version, await this.wrapping.checkValueOf(table, row));
      this.logger.warn({ table, version: row.version }, 'a key had no check value; it is known by what it is now');
    }
    await this.keys.requireCheckValues(tx, table);
  }

  private async indexKey(tx: Transaction): Promise<void> {
    await this.giveCheckValues(tx, 'index_keys', await this.keys.findIndexKeys(tx));
    const rows = await this.keys.findIndexKeys(tx);
    const [current] = rows;
    if (current === undefined) await this.keys.insertIndexKey(tx, 'current', await this.wrapping.newIndexKey(1));
    else await this.wrapping.openIndexKey(current);
    if (!rows.some(({ state }) => state === 'next')) await this.makeNextIndex(tx);
  }

  private async checkpointKey(tx: Transaction): Promise<void> {
    const current = (await this.keys.findCheckpointKeys(tx)).find(({ state }) => state === 'current');
    if (current !== undefined && (await this.signs(current))) return;
    await this.keys.setCheckpointKeysAside(tx);
    await this.keys.insertCheckpointKey(tx, await this.wrapping.newCheckpointKey());
  }

  /** @throws DomainError where it can't be known: another master key, a vault that is away */
  private async signs(current: CheckpointKeyRow): Promise<boolean> {
    try {
      await this.wrapping.openCheckpointKey(current);
      return true;
    } catch (error) {
      if (!this.wrapping.isOurs(current)) throw error;
      if (error instanceof DomainError && error.code.startsWith('keys.vault_')) throw error;
      this.logger.error(
        { err: error, keyId: current.id },
        'the checkpoint key was changed in the database; making another',
      );
      return false;
    }
  }

  private async signingKeys(tx: Transaction): Promise<void> {
    const rows = await this.keys.findSigningKeys(tx);
    const current = rows.find(({ state }) => state === 'current');
    const next = rows.find(({ state }) => state === 'next');
    if (current === undefined) await this.keys.insertSigningKey(tx, 'current', await this.wrapping.newSigningKey());
    else await this.wrapping.openSigningKey(current);
    if (next !== undefined && (await this.isUsable(next))) return;
    if (next !== undefined) await this.keys.discardNext(tx);
    await this.makeNext(tx);
  }

  /** A key that this instance can't open but another master key wrapped isn't damaged: it is left alone. */
  private async isUsable(next: SigningKeyRow): Promise<boolean> {
    if (!this.wrapping.isOurs(next)) return true;
    try {
      await this.wrapping.openSigningKey(next);
      return true;
    } catch (error) {
      this.logger.error(
        { err: error, kid: next.kid },
        'the next signing key was changed in the database; making another',
      );
      return false;
    }
  }
}
