import { Inject, Injectable } from '@nestjs/common';
import { DataKeyCipher } from '../crypto/data-key-cipher.js';
import type { CheckpointKey, SigningKey, VerificationKey } from '../crypto/key-ring.js';
import { IndexKey } from '../crypto/keyed-index.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { KeptKeys } from './kept-keys.js';
import { KeyWrapping, type OpenSigningKey } from './key-wrapping.service.js';
import { keysError } from './keys.errors.js';
import { type CheckpointKeyRow, KeysRepository } from './keys.repository.js';
import type { SigningKeyRow } from './signing-key.entity.js';

/** Keys in use, unwrapped, as they were when last read. */
export interface OpenKeys {
  /** performance.now() before they were read. */
  readAt: number;
  currentVersion: number;
  dataKeys: Map<number, DataKeyCipher>;
  /** The one that is written with first. */
  indexKeys: IndexKey[];
  /** The current one first. */
  checkpointKeys: CheckpointKey[];
  /** By id, 32 bytes each: of those that sign, and of those that wait for being retired. */
  checkpointPublicKeys: Map<string, Buffer>;
  signingKey: SigningKey;
  /** How long the signing key had signed by then, by the database's clock. */
  currentAgeSeconds: number;
  /** By kid: next, current, retiring. */
  verificationKeys: Map<string, VerificationKey>;
}

/** Reads the keys that are in use and unwraps them. */
@Injectable()
export class OpenKeysReader {
  private kept = new KeptKeys();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly wrapping: KeyWrapping,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws DomainError keys.master_key_wrong, keys.exchanged, keys.cannot_open when a data key or the current signing key can't be opened */
  async read(): Promise<OpenKeys> {
    const readAt = performance.now();
    const [dataRows, indexRows, checkpointRows, signingRows, currentAgeSeconds] = await this.transactions.read(
      async (tx) => [
        await this.keys.findDataKeys(tx),
        await this.keys.findIndexKeys(tx),
        await this.keys.findCheckpointKeys(tx),
        await this.keys.findSigningKeys(tx),
        await this.keys.currentAgeSeconds(tx),
      ],
    );
    const currentData = dataRows.find(({ state }) => state === 'current');
    const current = signingRows.find(({ state }) => state === 'current');
    const indexRow = indexRows.find(({ state }) => state === 'current');
    if (current === undefined || currentData === undefined || indexRow === undefined)
      throw keysError('keys.cannot_open', { detail: 'No key is current.' });

    const kept = new KeptKeys(this.kept);
    const dataKeys = new Map<number, DataKeyCipher>();
    for (const row of dataRows) {
      const open = async () => new DataKeyCipher(row.version, await this.wrapping.openDataKey(row));
      dataKeys.set(row.version, await kept.openedOr(`data ${row.version}`, row.wrappedKey, open));
    }
    const indexKeys: IndexKey[] = [];
    for (const row of indexRows) {
      const open = async () => new IndexKey(row.version, await this.wrapping.openIndexKey(row));
      indexKeys.push(await kept.openedOr(`index ${row.version}`, row.wrappedKey, open));
    }
    const { checkpointKeys, checkpointPublicKeys } = await this.openCheckpointKeys(kept, checkpointRows);
    const { kid, algorithm, privateKey } = await this.openSigningKey(kept, current);
    const open: OpenKeys = {
      readAt,
      currentVersion: currentData.version,
      dataKeys,
      indexKeys,
      checkpointKeys,
      checkpointPublicKeys,
      signingKey: { kid, algorithm, privateKey },
      currentAgeSeconds,
      verificationKeys: await this.verificationKeys(kept, signingRows),
    };
    this.kept = kept.forgetOlder();
    return open;
  }

  private async openCheckpointKeys(
    kept: KeptKeys,
    rows: readonly CheckpointKeyRow[],
  ): Promise<Pick<OpenKeys, 'checkpointKeys' | 'checkpointPublicKeys'>> {
    const checkpointKeys: CheckpointKey[] = [];
    const checkpointPublicKeys = new Map<string, Buffer>();
    const opened: CheckpointKey[] = [];
    let fault: unknown;
    for (const row of rows) {
      try {
        const open = () => this.wrapping.openCheckpointKey(row);
        const { key, publicKey } = await kept.openedOr(`checkpoint ${row.id}`, row.wrappedPrivateKey, open);
        opened.push(key);
        if (row.signs) checkpointKeys.push(key);
        checkpointPublicKeys.set(row.id, publicKey);
      } catch (error) {
        // What it signed doesn't count then; the others go on. Only without any other is it a fault of all.
        if (error instanceof DomainError && error.code.startsWith('keys.vault_')) throw error;
        fault ??= error;
        this.logger.error({ err: error, keyId: row.id }, 'a checkpoint key was changed in the database');
      }
    }
    // Rather one whose time is over than a log that nobody signs.
    if (checkpointKeys.length === 0) checkpointKeys.push(...opened);
    if (checkpointKeys.length === 0)
      throw fault ?? keysError('keys.cannot_open', { detail: 'No key signs checkpoints.' });
    return { checkpointKeys, checkpointPublicKeys };
  }

  private openSigningKey(kept: KeptKeys, row: SigningKeyRow): Promise<OpenSigningKey> {
    return kept.openedOr(`signing ${row.kid}`, row.wrappedPrivateKey, () => this.wrapping.openSigningKey(row));
  }

  private async verificationKeys(
    kept: KeptKeys,
    rows: readonly SigningKeyRow[],
  ): Promise<Map<string, VerificationKey>> {
    const keys = new Map<string, VerificationKey>();
    for (const row of rows) {
      try {
        const { kid, algorithm, publicKey } = await this.openSigningKey(kept, row);
        keys.set(kid, { kid, algorithm, publicKey });
      } catch (error) {
        // The current key was opened before: this is one that verifies only. Its tokens are refused, the others' aren't.
        this.logger.error({ err: error, kid: row.kid, state: row.state }, 'a signing key was changed in the database');
      }
    }
    return keys;
  }
}
