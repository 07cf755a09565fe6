import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';

/**
 * Throws a DomainError when the actor must not change who is in the group. Runs in the transaction of the change, before it and
 * before any row is touched for it.
 *
 * @param groupId groups.id
 * @param added users.id
 * @param removed users.id
 */
export type MembershipRule = (
  tx: Transaction,
  actor: Actor,
  groupId: string,
  added: readonly string[],
  removed: readonly string[],
) => Promise<void>;

/** Where modules above this one say who may put whom into a group: they know what its members get by it, this one doesn't. */
@Injectable()
export class GroupMembershipRules {
  private readonly rules: MembershipRule[] = [];

  beforeChange(rule: MembershipRule): void {
    this.rules.push(rule);
  }

  /** @throws Error when nobody said who may: then nobody may */
  async assertMayChange(...change: Parameters<MembershipRule>): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said who may change the members of groups');
    for (const rule of this.rules) await rule(...change);
  }
}
