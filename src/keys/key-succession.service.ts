import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { KeyRing } from '../crypto/key-ring.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { openRetirement, sealRetirement } from './checkpoint-retirement.js';
import { publicKeyPlace } from './checkpoint-verifiers.service.js';
import { FirstKeys } from './first-keys.service.js';
import { KeySuccessionRepository } from './key-succession.repository.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { keysError } from './keys.errors.js';
import { KEYS_ACTIONS } from './keys.events.js';
import { type CheckpointKeyRow, KeysRepository, type NumberedKeys } from './keys.repository.js';
import type { KeyRotated, RotatedKind } from './keys.types.js';
import { storedColumns } from './rewrap/stored-columns.js';
import { StoredValues } from './rewrap/stored-values.service.js';
import { UPKEEP_JOB, UPKEEP_KEY } from './upkeep-slot.js';

/**
 * Keys that seal, that index and that sign checkpoints, in their order: current, retiring, retired. Every step is one transaction,
 * alone over all instances.
 */
@Injectable()
export class KeySuccession {
  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly steps: KeySuccessionRepository,
    private readonly firstKeys: FirstKeys,
    private readonly wrapping: KeyWrapping,
    private readonly stored: StoredValues,
    private readonly slots: JobSlots,
    private readonly audit: AuditService,
    private readonly keyRing: KeyRing,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Puts another key in the place of the current one. What lies under it stays readable.
   *
   * @param options.force an index key also when it is so new that an instance may not find yet what is written under it
   * @throws DomainError keys.next_too_young, keys.vault_unavailable
   */
  async rotate(actor: Actor, kind: RotatedKind, options: { force: boolean }): Promise<KeyRotated> {
    await this.firstKeys.makeMissing();
    return this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      const rotated = await this.rotateNow(tx, actor, kind, options.force);
      // What lies under the key before is written again soon.
      await this.slots.openManual(tx, UPKEEP_JOB, UPKEEP_KEY, actor);
      return rotated;
    });
  }

  /** Lets a running service do now what it does once an hour. */
  async requestUpkeep(actor: Actor): Promise<void> {
    await this.transactions.run((tx) => this.slots.openManual(tx, UPKEEP_JOB, UPKEEP_KEY, actor));
  }

  /** What the schedule does: rotates each kind when it is due. */
  async keepSchedule(actor: Actor, assertMine: (tx: Transaction) => Promise<void>): Promise<KeyRotated[]> {
    await this.firstKeys.makeMissing();
    return this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      await assertMine(tx);
      await this.retireCheckpointKeys(tx, actor);
      const rotated: KeyRotated[] = [];
      for (const kind of await this.due(tx)) rotated.push(await this.rotateNow(tx, actor, kind, false));
      return rotated;
    });
  }

  /** Whether the current data key has sealed as much as it may. */
  isUsedUp(): Promise<boolean> {
    return this.transactions.read((tx) => this.steps.isDataKeyUsedUp(tx, this.settings.DATA_KEY_MAX_USES));
  }

  /** Erases keys that nothing lies under any more, and that were replaced long enough ago. */
  async retireUnused(actor: Actor, assertMine: (tx: Transaction) => Promise<void>): Promise<void> {
    for (const kind of ['data', 'index'] as const) {
      const table: NumberedKeys = `${kind}_keys`;
      for (const version of await this.transactions.read((tx) => this.steps.findUnwritten(tx, table))) {
        const isReferred = await this.isReferred(kind, version);
        await this.transactions.run(async (tx) => {
          await this.keys.lock(tx);
          await assertMine(tx);
          if (isReferred && kind === 'data') await this.steps.noteReferences(tx, version);
          if (isReferred || !(await this.steps.retire(tx, table, version))) return;
          await this.recordRetired(tx, actor, kind, String(version));
        });
      }
    }
  }

  /** Also while something may lie under it that no walk since it was replaced has passed by. */
  private async isReferred(kind: 'data' | 'index', version: number): Promise<boolean> {
    const columns = storedColumns().filter((column) => column.kind === kind);
    const walked = columns.filter(({ rewrap }) => rewrap);
    const names = walked.map(({ sealed, column }) => ({ table: sealed.table, column }));
    if (!(await this.transactions.read((tx) => this.steps.isWalkedSince(tx, kind, version, names)))) return true;
    return this.stored.holdsVersion(columns, version);
  }

  private async due(tx: Transaction): Promise<RotatedKind[]> {
    const { DATA_KEY_ROTATION_DAYS, DATA_KEY_MAX_USES, INDEX_KEY_ROTATION_DAYS, CHECKPOINT_KEY_ROTATION_DAYS } =
      this.settings;
    const due: RotatedKind[] = [];
    if (await this.steps.isDataKeyDue(tx, DATA_KEY_ROTATION_DAYS, DATA_KEY_MAX_USES)) due.push('data');
    const isIndexDue = await this.steps.isIndexKeyDue(tx, INDEX_KEY_ROTATION_DAYS);
    if (isIndexDue && (await this.steps.nextIndexReadyAt(tx)) === null) due.push('index');
    if (await this.steps.isCheckpointKeyDue(tx, CHECKPOINT_KEY_ROTATION_DAYS)) due.push('checkpoint');
    return due;
  }

  private async rotateNow(tx: Transaction, actor: Actor, kind: RotatedKind, force: boolean): Promise<KeyRotated> {
    const rotated = { kind, ...(await this.replace(tx, kind, force)) };
    await this.audit.record(tx, actor, {
      action: KEYS_ACTIONS[`keys.${kind}-key.rotated`],
      tenantId: null,
      target: { type: `${kind}-key`, id: rotated.current },
      outcome: 'success',
      before: { current: rotated.retiring },
      after: { current: rotated.current, retiring: rotated.retiring },
    });
    return rotated;
  }

  private async replace(tx: Transaction, kind: RotatedKind, force: boolean): Promise<Omit<KeyRotated, 'kind'>> {
    if (kind === 'checkpoint') {
      const replaced = await this.steps.beginCoSigning(tx);
      const retiring = orMissing(replaced?.id ?? null);
      if (replaced !== null) await this.setRetirement(tx, replaced.id, replaced.retiresAt);
      const key = await this.wrapping.newCheckpointKey();
      await this.keys.insertCheckpointKey(tx, key);
      return { current: key.id, retiring };
    }
    if (kind === 'index') {
      if (!force) await this.assertKnown(tx);
      const retiring = await this.steps.stopUsing(tx, 'index_keys');
      const current = await this.steps.startIndexing(tx);
      await this.firstKeys.makeNextIndex(tx);
      return { current: orMissing(current), retiring: orMissing(retiring) };
    }
    const retiring = await this.steps.stopUsing(tx, 'data_keys');
    const version = await this.keys.nextVersion(tx, 'data_keys');
    await this.keys.insertDataKey(tx, await this.wrapping.newDataKey(version));
    return { current: String(version), retiring: orMissing(retiring) };
  }

  private async assertKnown(tx: Transaction): Promise<void> {
    const readyAt = await this.steps.nextIndexReadyAt(tx);
    if (readyAt === null) return;
    throw keysError('keys.next_too_young', {
      detail: `Not every instance may know the next index key before ${readyAt.toISOString()}. Wait until then, or force it.`,
    });
  }

  private async retireCheckpointKeys(tx: Transaction, actor: Actor): Promise<void> {
    for (const row of await this.keys.findCheckpointKeys(tx)) {
      const publicKey = await this.publicHalfOf(row);
      if (publicKey === null) continue;
      const sealed = await this.keyRing.seal(publicKey, publicKeyPlace(row.id));
      // Long before it is needed: whoever takes the private half away shall not take what it signed with it.
      if (!row.hasSealedPublicKey) await this.steps.setSealedPublicKey(tx, row.id, sealed);
      if (row.state === 'current') continue;
      const retiresAt = await openRetirement(this.keyRing, row.id, row.sealedRetirement);
      // Nothing is wrong with one that a version before this replaced; what the table says of its end isn't believed either.
      if (retiresAt === null && row.isReplacedBefore && row.sealedRetirement === null)
        await this.setRetirement(tx, row.id, await this.steps.endOfCoSigning(tx));
      else if (retiresAt === null) await this.resume(tx, actor, row.id);
      else if (await this.steps.retireCheckpointKey(tx, row.id, retiresAt, sealed))
        await this.recordRetired(tx, actor, 'checkpoint', row.id);
      else if (row.sealedRetirement !== null)
        await this.steps.setRetirement(tx, row.id, retiresAt, row.sealedRetirement);
    }
  }

  /** One that this service didn't replace signs on as if it had been now: whoever trusts only it hears of its successor in time. */
  private async resume(tx: Transaction, actor: Actor, id: string): Promise<void> {
    this.logger.error(
      { keyId: id },
      'a checkpoint key was taken out of use past the service; it signs on for its time',
    );
    await this.setRetirement(tx, id, await this.steps.endOfCoSigning(tx));
    await this.audit.record(tx, actor, {
      action: KEYS_ACTIONS['keys.checkpoint-key.resumed'],
      tenantId: null,
      target: { type: 'checkpoint-key', id },
      outcome: 'success',
    });
  }

  private async setRetirement(tx: Transaction, id: string, retiresAt: Date): Promise<void> {
    await this.steps.setRetirement(tx, id, retiresAt, await sealRetirement(this.keyRing, id, retiresAt));
  }

  /** Null for a row that holds no key that was made here: it is never sealed, and so never believed. */
  private async publicHalfOf(row: CheckpointKeyRow): Promise<Buffer | null> {
    try {
      return (await this.wrapping.openCheckpointKey(row)).publicKey;
    } catch (error) {
      if (error instanceof DomainError && error.code.startsWith('keys.vault_')) throw error;
      this.logger.error(
        { err: error, keyId: row.id },
        'a checkpoint key was changed in the database; it is not retired',
      );
      return null;
    }
  }

  private async recordRetired(tx: Transaction, actor: Actor, kind: RotatedKind, id: string): Promise<void> {
    await this.audit.record(tx, actor, {
      action: KEYS_ACTIONS[`keys.${kind}-key.retired`],
      tenantId: null,
      target: { type: `${kind}-key`, id },
      outcome: 'success',
    });
  }
}

function orMissing(key: string | number | null): string {
  if (key === null) throw keysError('keys.cannot_open', { detail: 'A key is missing.' });
  return String(key);
}
