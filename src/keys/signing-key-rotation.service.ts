import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { FirstKeys } from './first-keys.service.js';
import { KeyRotationRepository } from './key-rotation.repository.js';
import { keysError } from './keys.errors.js';
import { KEYS_ACTIONS } from './keys.events.js';
import { KeysRepository } from './keys.repository.js';
import type { SigningKeyRotated, SigningKeysStatus } from './keys.types.js';

const DAY_MS = 86_400_000;

/** Signing keys in their order: next, current, retiring, retired. Every step is one transaction, alone over all instances. */
@Injectable()
export class SigningKeyRotation {
  private readonly rotationDays: number;

  constructor(
    settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly steps: KeyRotationRepository,
    private readonly firstKeys: FirstKeys,
    private readonly audit: AuditService,
  ) {
    this.rotationDays = settings.SIGNING_KEY_ROTATION_DAYS;
  }

  /**
   * Lets the next key sign now.
   *
   * @param options.force also when it is so new that somebody who reads our JWKS may not know it yet. Our own instances know it.
   * @throws DomainError keys.next_too_young with the time from which on it may sign
   */
  async rotate(actor: Actor, options: { force: boolean }): Promise<SigningKeyRotated> {
    await this.firstKeys.makeMissing();
    return this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      await this.retireDue(tx, actor);
      if (!options.force) await this.assertReady(tx);
      return this.promote(tx, actor, options.force);
    });
  }

  /**
   * What the schedule does: retires what is over, and rotates when the current key has signed for SIGNING_KEY_ROTATION_DAYS.
   *
   * @param complete ends the run in the same transaction
   */
  async keepSchedule(actor: Actor, complete: (tx: Transaction) => Promise<void>): Promise<SigningKeyRotated | null> {
    await this.firstKeys.makeMissing();
    return this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      await this.retireDue(tx, actor);
      const isDue = await this.steps.isDue(tx, this.rotationDays);
      const rotated = isDue ? await this.promote(tx, actor, false) : null;
      await complete(tx);
      return rotated;
    });
  }

  async status(): Promise<SigningKeysStatus> {
    const rows = await this.transactions.read((tx) => this.steps.findStatus(tx));
    const current = rows.find(({ state }) => state === 'current');
    if (current?.activatedAt == null) throw keysError('keys.cannot_open', { detail: 'No key is current.' });
    return {
      now: current.now,
      rotationDueAt: new Date(current.activatedAt.getTime() + this.rotationDays * DAY_MS),
      keys: rows.map(({ now: _now, ...key }) => key),
    };
  }

  private async assertReady(tx: Transaction): Promise<void> {
    const next = (await this.steps.findStatus(tx)).find(({ state }) => state === 'next');
    if (next?.readyAt == null) throw keysError('keys.cannot_open', { detail: 'No key is next.' });
    const waitMs = next.readyAt.getTime() - next.now.getTime();
    if (waitMs <= 0) return;
    throw keysError('keys.next_too_young', {
      detail: `Whoever keeps our JWKS may not know ${next.kid} before ${next.readyAt.toISOString()}. Wait until then, or force it.`,
      retryAfterSeconds: waitMs / 1000,
    });
  }

  private async promote(tx: Transaction, actor: Actor, forced: boolean): Promise<SigningKeyRotated> {
    const retiring = await this.steps.stopSigning(tx);
    const current = await this.steps.startSigning(tx);
    if (retiring === null || current === null) throw keysError('keys.cannot_open', { detail: 'A key is missing.' });
    const next = await this.firstKeys.makeNext(tx);
    await this.audit.record(tx, actor, {
      action: KEYS_ACTIONS['keys.signing-key.rotated'],
      tenantId: null,
      target: { type: 'signing-key', id: current },
      outcome: 'success',
      before: { current: retiring.kid, next: current },
      after: { current, next, retiring: retiring.kid, retiresAt: retiring.retiresAt.toISOString(), forced },
    });
    return { current, retiring: retiring.kid, retiresAt: retiring.retiresAt, next };
  }

  private async retireDue(tx: Transaction, actor: Actor): Promise<void> {
    for (const kid of await this.steps.retireDue(tx)) {
      await this.audit.record(tx, actor, {
        action: KEYS_ACTIONS['keys.signing-key.retired'],
        tenantId: null,
        target: { type: 'signing-key', id: kid },
        outcome: 'success',
      });
    }
  }
}
