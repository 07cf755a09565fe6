import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { KeyRewrappingRepository } from './key-rewrapping.repository.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { KEYS_ACTIONS } from './keys.events.js';

export interface KeysRewrapped {
  /** What wraps all keys now. */
  wrappedBy: string;
  /** What wrapped some of them before. */
  before: string[];
  /** Keys that were wrapped again. */
  count: number;
}

/** The change of the key-encryption key: the keys stay what they are, their wrapping becomes another. */
@Injectable()
export class KeyRewrapping {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly wrapping: KeyWrapping,
    private readonly keys: KeyRewrappingRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Wraps every key that is in use again by what wraps now. Cut off in between, some are wrapped by the one and some by the other,
   * and the next call goes on.
   *
   * @throws DomainError keys.master_key_wrong, keys.vault_unavailable
   */
  async run(actor: Actor): Promise<KeysRewrapped> {
    const wrappedBy = await this.wrapping.currentId();
    const others = await this.transactions.read((tx) => this.keys.findWrappedByOthers(tx, wrappedBy));
    let count = 0;
    for (const key of others) {
      // The vault is asked outside of any transaction: it may take its time.
      const after = await this.wrapping.rewrap(key);
      if (await this.transactions.run((tx) => this.keys.replace(tx, key, after))) count += 1;
    }
    const before = [...new Set(others.map((key) => key.wrappedBy))];
    if (count > 0) await this.record(actor, { wrappedBy, before, count });
    return { wrappedBy, before, count };
  }

  private async record(actor: Actor, { wrappedBy, before, count }: KeysRewrapped): Promise<void> {
    await this.transactions.run((tx) =>
      this.audit.record(tx, actor, {
        action: KEYS_ACTIONS['keys.wrapping.changed'],
        tenantId: null,
        target: { type: 'key-encryption-key', id: wrappedBy },
        outcome: 'success',
        before: { wrappedBy: before },
        after: { wrappedBy, keys: count },
      }),
    );
  }
}
