import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { WatchedTenant } from './tenants.types.js';

/**
 * Throws a DomainError when this actor must not let the tenant's people in, or keep them out. Runs in the transaction of the change,
 * before it and before anything is locked for it.
 */
export type SignInRule = (tx: Transaction, actor: Actor, tenant: WatchedTenant, allowed: boolean) => Promise<void>;

/** Where modules above this one say who may decide whose people sign in: they know what these people hold, this one doesn't. */
@Injectable()
export class TenantRules {
  private readonly rules: SignInRule[] = [];

  beforeSignInChange(rule: SignInRule): void {
    this.rules.push(rule);
  }

  /** @throws Error when nobody said who may: then nobody may */
  async assertMayChangeSignIn(...change: Parameters<SignInRule>): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said who may decide whose people sign in');
    for (const rule of this.rules) await rule(...change);
  }
}
