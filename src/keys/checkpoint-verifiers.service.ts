import { Inject, Injectable } from '@nestjs/common';
import type { CheckpointVerifier, SealedPlace } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { checkpointKeyId } from './checkpoint-key-id.js';
import { type CheckpointVerifierRow, KeysRepository } from './keys.repository.js';

const PUBLIC_KEY = defineSealedColumn({
  table: 'checkpoint_keys',
  column: 'sealed_public_key',
  row: 'id',
  tenant: null,
  rewrap: true,
});

/** Where the public half of a retired key lies sealed. */
export function publicKeyPlace(id: string): SealedPlace {
  return PUBLIC_KEY.place(id);
}

/** What is needed of the key ring to believe a row. */
export interface VerifierSource {
  /** The public half of a key that isn't retired, from its private half; null when there is no such private half. */
  live(id: string): Promise<Buffer | null>;
  open(sealed: Buffer, place: SealedPlace): Promise<Buffer>;
}

/**
 * Whose checkpoints count. A public half in the table is believed by nobody, because whoever can write rows would put their own there: that of a
 * key with a private half is derived from it, that of any other was sealed while it had one. A row with neither is left out, and logged.
 */
@Injectable()
export class CheckpointVerifiers {
  private readonly complained = new Set<string>();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Newest first. */
  async believed(source: VerifierSource): Promise<CheckpointVerifier[]> {
    const rows = await this.transactions.read((tx) => this.keys.findCheckpointVerifiers(tx));
    const verifiers: CheckpointVerifier[] = [];
    for (const { sealedPublicKey, ...row } of rows) {
      const publicKey = (await source.live(row.id)) ?? (await this.openedOf(row.id, sealedPublicKey, source));
      if (publicKey !== null && checkpointKeyId(publicKey) === row.id) verifiers.push({ ...row, publicKey });
      else this.complain(row);
    }
    return verifiers;
  }

  private async openedOf(id: string, sealed: Buffer | null, source: VerifierSource): Promise<Buffer | null> {
    if (sealed === null) return null;
    try {
      return await source.open(sealed, publicKeyPlace(id));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }

  /** Once for each: it is read with each bundle. */
  private complain({ id, state }: Pick<CheckpointVerifierRow, 'id' | 'state'>): void {
    if (this.complained.has(id)) return;
    this.complained.add(id);
    this.logger.error(
      { keyId: id, state },
      'a checkpoint key is not one that this service made; nothing it signed counts',
    );
  }
}
