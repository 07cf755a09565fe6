import { Inject, Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { KeysRepository } from './keys.repository.js';

/** Uses that a process enters at a time, before it has them. */
const BLOCK = 8192;
const RETRY_MS = 1000;

/**
 * How often each data key sealed, over all instances: entered in data_keys.uses a block ahead, so that what stands there is no less
 * than what was used, once the first block is entered and while the database answers. Nobody waits for it: whoever seals may hold the
 * very connection that entering it would need. What a key may do doesn't hang on the count (each process derives a key of its own);
 * the count says when to rotate.
 */
@Injectable()
export class KeyUses {
  /** Uses by version that are entered and not used yet; below zero while the database can't be told. */
  private readonly left = new Map<number, number>();
  private readonly entering = new Set<number>();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** So many values are sealed under the key. */
  count(version: number, values: number): void {
    const left = (this.left.get(version) ?? 0) - values;
    this.left.set(version, left);
    if (left < BLOCK / 2 && !this.entering.has(version)) void this.enter(version);
  }

  private async enter(version: number): Promise<void> {
    this.entering.add(version);
    try {
      const missing = Math.max(0, -(this.left.get(version) ?? 0)) + BLOCK;
      await this.transactions.read((tx) => this.keys.addUses(tx, version, missing));
      this.left.set(version, (this.left.get(version) ?? 0) + missing);
      this.entering.delete(version);
    } catch (error) {
      this.logger.warn({ err: error, version }, 'the uses of a data key could not be entered; trying again');
      setTimeout(() => this.entering.delete(version), RETRY_MS).unref();
    }
  }
}
