import { Inject, Injectable } from '@nestjs/common';
import type { SigningKey, VerificationKey } from '../crypto/key-ring.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { keysError } from './keys.errors.js';
import { KeysRepository } from './keys.repository.js';
import type { SigningKeyRow } from './signing-key.entity.js';

/** Keys in use, unwrapped, as they were when last read. */
export interface OpenKeys {
  /** performance.now() before they were read. */
  readAt: number;
  currentVersion: number;
  dataKeys: Map<number, Buffer>;
  signingKey: SigningKey;
  /** How long the signing key had signed by then, by the database's clock. */
  currentAgeSeconds: number;
  /** By kid: next, current, retiring. */
  verificationKeys: Map<string, VerificationKey>;
}

/** Reads the keys that are in use and unwraps them. */
@Injectable()
export class OpenKeysReader {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly wrapping: KeyWrapping,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws DomainError keys.master_key_wrong, keys.cannot_open when a data key or the current signing key can't be opened */
  async read(): Promise<OpenKeys> {
    const readAt = performance.now();
    const [dataRows, signingRows, currentAgeSeconds] = await this.transactions.read(async (tx) => [
      await this.keys.findDataKeys(tx),
      await this.keys.findSigningKeys(tx),
      await this.keys.currentAgeSeconds(tx),
    ]);
    const currentData = dataRows.find(({ state }) => state === 'current');
    const current = signingRows.find(({ state }) => state === 'current');
    if (current === undefined || currentData === undefined)
      throw keysError('keys.cannot_open', { detail: 'No key is current.' });

    const dataKeys = new Map<number, Buffer>();
    for (const row of dataRows) dataKeys.set(row.version, await this.wrapping.openDataKey(row));
    const { kid, algorithm, privateKey } = await this.wrapping.openSigningKey(current);
    return {
      readAt,
      currentVersion: currentData.version,
      dataKeys,
      signingKey: { kid, algorithm, privateKey },
      currentAgeSeconds,
      verificationKeys: await this.verificationKeys(signingRows),
    };
  }

  private async verificationKeys(rows: readonly SigningKeyRow[]): Promise<Map<string, VerificationKey>> {
    const keys = new Map<string, VerificationKey>();
    for (const row of rows) {
      try {
        const { kid, algorithm, publicKey } = await this.wrapping.openSigningKey(row);
        keys.set(kid, { kid, algorithm, publicKey });
      } catch (error) {
        // The current key was opened before: this is one that verifies only. Its tokens are refused, the others' aren't.
        this.logger.error({ err: error, kid: row.kid, state: row.state }, 'a signing key was changed in the database');
      }
    }
    return keys;
  }
}
