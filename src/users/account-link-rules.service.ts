import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../database/transaction-runner.js';

/**
 * Throws a DomainError when the account must not come to hold what it now does. Runs in the transaction of the change, after its rows
 * are written.
 */
export type LinkRule = (tx: Transaction, actor: Actor, userId: string) => Promise<void>;

/** Says on record what the account now holds and must not. Runs where nobody can be refused, after the rows are written. */
export type ArrivalFollower = (tx: Transaction, userId: string) => Promise<void>;

/**
 * Where modules above this one say what may come of an account getting an object id: groups of Entra ID know their members by it,
 * also those who have no account yet, so that the account holds at once what they hold.
 */
@Injectable()
export class AccountLinkRules {
  private readonly preparations: ((tx: Transaction) => Promise<void>)[] = [];
  private readonly rules: LinkRule[] = [];
  private readonly followers: ArrivalFollower[] = [];

  /** @param preparation takes the locks of changes of access */
  beforeLinking(preparation: (tx: Transaction) => Promise<void>): void {
    this.preparations.push(preparation);
  }

  afterLinking(rule: LinkRule): void {
    this.rules.push(rule);
  }

  afterArrival(follower: ArrivalFollower): void {
    this.followers.push(follower);
  }

  /** First in a transaction that may give an account its object id, enable or disable it: before any row or name is held. */
  async prepare(tx: Transaction): Promise<void> {
    for (const prepare of this.preparations) await prepare(tx);
  }

  /** Where a directory says whose account it is. Goes with prepare. @throws DomainError e.g. rbac.no_way_up */
  async assertMayLink(tx: Transaction, actor: Actor, userId: string): Promise<void> {
    if (this.rules.length === 0) throw new Error('nobody has said what linked accounts may hold: then none may be');
    for (const rule of this.rules) await rule(tx, actor, userId);
  }

  /** Where Entra ID proved whose account it is, by a first sign-in. Goes with prepare. */
  async arrived(tx: Transaction, userId: string): Promise<void> {
    for (const follower of this.followers) await follower(tx, userId);
  }
}
