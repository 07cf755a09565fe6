import { Injectable } from '@nestjs/common';
import type { Actor, CallerActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { ChangeFeed } from '../../database/change-feed.service.js';
import { LiveCache } from '../../database/live-cache.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessSubjects } from '../authority/access-subjects.service.js';
import type { EffectiveAccess, SubjectRef } from '../rbac.types.js';
import { ROOT_SCOPE } from '../scope.js';
import { allowedPermissions, evaluateAccess } from './evaluate-access.js';

/** Subjects whose permissions are kept; some 2 kB each. */
const KEPT = 20_000;

/** Answers who may do what, at the time of the database: from memory where the change feed vouches for it. */
@Injectable()
export class AccessDecisions {
  private readonly kept: LiveCache<ReadonlySet<Permission>>;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rbac: AssignmentsRepository,
    private readonly subjects: AccessSubjects,
    feed: ChangeFeed,
  ) {
    this.kept = new LiveCache(feed, ['access'], KEPT);
  }

  /** Whether a caller who is already known to be active may; null when memory can't say. Its token may narrow, never widen. */
  recall(actor: CallerActor, permission: Permission): boolean | null {
    const held = this.kept.get(actor.id)?.value;
    return held === undefined ? null : held.has(permission) && isWithinScopes(actor, permission);
  }

  /** The same, asking the database where memory can't say. */
  async may(actor: CallerActor, permission: Permission): Promise<boolean> {
    const { id } = actor;
    const entry =
      this.kept.get(id) ??
      (await this.kept.load(id, () =>
        this.transactions.read(async (tx) => ({
          // Asked first: what begins while the grants are read is then noticed too early and not too late.
          secondsLeft: await this.rbac.secondsToNextEdge(tx, id),
          value: await this.permissionsWithin(tx, id),
          dependsOn: [`access:${id}` as const],
        })),
      ));
    return entry?.value.has(permission) === true && isWithinScopes(actor, permission);
  }

  /** What somebody who is already known to be active may do. @param subjectId users.id or service_accounts.id */
  async permissionsOf(subjectId: string, scope: string = ROOT_SCOPE): Promise<Set<Permission>> {
    return this.transactions.read((tx) => this.permissionsWithin(tx, subjectId, scope));
  }

  /** The same within a transaction that changes access. */
  async permissionsWithin(tx: Transaction, subjectId: string, scope: string = ROOT_SCOPE): Promise<Set<Permission>> {
    return allowedPermissions(await this.rbac.findGrants(tx, subjectId, scope));
  }

  /** What an actor can use at this moment: what its account holds, narrowed by its token. */
  async heldBy(tx: Transaction, actor: Exclude<Actor, { type: 'system' }>): Promise<Set<Permission>> {
    const held = await this.permissionsWithin(tx, actor.id);
    return new Set([...held].filter((permission) => isWithinScopes(actor, permission)));
  }

  /** Unknown and disabled subjects may do nothing, nor may programs whose owner is disabled. */
  async isAllowed(subjectId: string, permission: Permission, scope: string): Promise<boolean> {
    const subject = await this.transactions.read((tx) => this.subjects.find(tx, subjectId));
    if (subject === null || !subject.active) return false;
    return (await this.permissionsOf(subjectId, scope)).has(permission);
  }

  /**
   * Every permission that any valid assignment speaks of, whether it is held in the end, and why.
   *
   * @throws DomainError users.not_found, users.service_account_not_found
   */
  async effectiveAccess(type: SubjectRef['type'], id: string): Promise<EffectiveAccess[]> {
    const { active } = await this.subjects.get(type, id);
    const access = evaluateAccess(await this.transactions.read((tx) => this.rbac.findGrants(tx, id, ROOT_SCOPE)));
    return active ? access : access.map((entry) => ({ ...entry, allowed: false }));
  }
}

function isWithinScopes(actor: CallerActor, permission: Permission): boolean {
  return actor.scopes === null || actor.scopes.includes(permission);
}
