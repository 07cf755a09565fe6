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

/**
 * Throws a DomainError when somebody must not be what they have become. Runs in the transaction of the change, after its rows are
 * written.
 *
 * @param groupId groups.id
 * @param added users.id
 */
export type MembershipOutcomeRule = (
  tx: Transaction,
  actor: Actor,
  groupId: string,
  added: readonly string[],
) => Promise<void>;

/**
 * Follows a change that was made elsewhere and can't be refused, after its rows are written and in their transaction.
 *
 * @param groupId groups.id
 * @param userIds users.id whose access may have grown
 */
export type MembershipFollower = (
  tx: Transaction,
  actor: Actor,
  groupId: string,
  userIds: readonly string[],
) => Promise<void>;

/**
 * Takes what the group holds, on record, and throws a DomainError when the actor must not take it. Runs in the transaction that
 * deletes the group, before it and before any row is touched for it.
 *
 * @param groupId groups.id
 */
export type GroupDeletionStep = (tx: Transaction, actor: Actor, groupId: string) => Promise<void>;

/**
 * Throws a DomainError when the actor must not give the group another name. Runs in the transaction of the change, before it and before
 * any row is touched for it.
 *
 * @param groupId groups.id
 */
export type GroupNameRule = (tx: Transaction, actor: Actor, groupId: string) => Promise<void>;

/** Where modules above this one say who may put whom into a group: they know what its members get by it, this one doesn't. */
@Injectable()
export class GroupMembershipRules {
  private readonly rules: MembershipRule[] = [];
  private readonly outcomeRules: MembershipOutcomeRule[] = [];
  private readonly preparations: ((tx: Transaction) => Promise<void>)[] = [];
  private readonly followers: MembershipFollower[] = [];
  private readonly nameRules: GroupNameRule[] = [];
  private readonly deletionSteps: GroupDeletionStep[] = [];

  beforeChange(rule: MembershipRule): void {
    this.rules.push(rule);
  }

  afterChange(rule: MembershipOutcomeRule): void {
    this.outcomeRules.push(rule);
  }

  /** @param preparation takes the locks of changes of access: nothing may touch a row before it */
  beforeSync(preparation: (tx: Transaction) => Promise<void>): void {
    this.preparations.push(preparation);
  }

  afterSync(follower: MembershipFollower): void {
    this.followers.push(follower);
  }

  /** @throws Error when nobody said who may: then nobody may */
  async assertMayChange(...change: Parameters<MembershipRule>): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said who may change the members of groups');
    for (const rule of this.rules) await rule(...change);
  }

  /** Goes with assertMayChange, once the rows are written. @throws DomainError e.g. rbac.separation_violated */
  async assertMayStand(...change: Parameters<MembershipOutcomeRule>): Promise<void> {
    for (const rule of this.outcomeRules) await rule(...change);
  }

  /** First in a transaction that takes over what Entra ID says of members. */
  async syncing(tx: Transaction): Promise<void> {
    for (const prepare of this.preparations) await prepare(tx);
  }

  /** Last in such a transaction; goes with syncing. */
  async synced(...change: Parameters<MembershipFollower>): Promise<void> {
    for (const follower of this.followers) await follower(...change);
  }

  beforeRenaming(rule: GroupNameRule): void {
    this.nameRules.push(rule);
  }

  /** People who assign roles mean a group by its name. @throws DomainError e.g. rbac.no_way_up */
  async assertMayRename(...change: Parameters<GroupNameRule>): Promise<void> {
    if (this.nameRules.length === 0) throw new Error('nobody has said who may rename groups: then nobody may');
    for (const rule of this.nameRules) await rule(...change);
  }

  beforeDeleting(step: GroupDeletionStep): void {
    this.deletionSteps.push(step);
  }

  /**
   * First in a transaction that deletes a group: what the group holds goes. Goes with assertMayStand for who was in it, once the
   * rows are deleted.
   *
   * @throws DomainError e.g. rbac.no_way_up
   */
  async takeAccess(...deletion: Parameters<GroupDeletionStep>): Promise<void> {
    if (this.deletionSteps.length === 0) throw new Error('nobody takes what a deleted group holds: then none may be');
    for (const step of this.deletionSteps) await step(...deletion);
  }
}
