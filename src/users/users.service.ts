import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { ServiceAccountsService } from './service-accounts.service.js';
import { UserDeletion } from './user-deletion.service.js';
import { UserStatusRules } from './user-status-rules.service.js';
import { usersError } from './users.errors.js';
import { USER_ACTIONS } from './users.events.js';
import { UsersRepository } from './users.repository.js';
import type { UserAccount } from './users.types.js';

/** People who signed in: who they are, whether they may go on. */
@Injectable()
export class UsersService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly users: UsersRepository,
    private readonly rules: UserStatusRules,
    private readonly deletion: UserDeletion,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws DomainError users.not_found */
  async get(id: string): Promise<UserAccount> {
    const user = await this.transactions.read((tx) => this.users.findById(tx, id));
    if (user === null) throw usersError('users.not_found');
    return user;
  }

  find(tx: Transaction, id: string): Promise<UserAccount | null> {
    return this.users.findById(tx, id);
  }

  /** @param tenantId tenants.id */
  findByObjectId(tenantId: string, objectId: string): Promise<UserAccount | null> {
    return this.transactions.read((tx) => this.findByObjectIdWithin(tx, tenantId, objectId));
  }

  findByObjectIdWithin(tx: Transaction, tenantId: string, objectId: string): Promise<UserAccount | null> {
    return this.users.findByObjectId(tx, tenantId, objectId);
  }

  /**
   * The one user that an operator means by an id, an Entra object id or a user principal name.
   *
   * @throws DomainError users.not_found when nobody or more than one is meant
   */
  async findNamed(tx: Transaction, name: string): Promise<UserAccount> {
    const [user, another] = await this.users.findNamed(tx, name);
    if (user === undefined) {
      throw usersError('users.not_found', {
        detail: 'Nobody of this name has signed in yet. An account begins with the first sign-in.',
      });
    }
    if (another !== undefined) {
      throw usersError('users.not_found', {
        detail: 'More than one user has this name. Use the id or the Entra object id.',
      });
    }
    return user;
  }

  /**
   * From now on tokens of Entra are refused that were issued at or before this moment. The user's row is held then, so that a
   * session that is just beginning is either seen by the caller's transaction or begins after it. The record of why is the
   * caller's, in the same transaction.
   *
   * @returns whether that is news: a moment that is not later than the one that is known changes nothing
   */
  recordEntraValidFrom(tx: Transaction, id: string, moment: Date): Promise<boolean> {
    return this.users.raiseEntraValidFrom(tx, id, moment);
  }

  /**
   * Disables or enables. Either way everything that was issued to the user before ends with this transaction; disabling also
   * disables the programs that are theirs.
   *
   * @returns also whether anything ended: who has the status already keeps everything
   * @throws DomainError users.not_found, users.deleted, request.precondition_failed, rbac.last_administrator, rbac.no_way_up
   */
  async setStatus(
    actor: Actor,
    id: string,
    version: number,
    status: 'active' | 'disabled',
  ): Promise<{ user: UserAccount; ended: boolean }> {
    return this.transactions.run(async (tx) => {
      const before = await this.users.findById(tx, id);
      if (before === null) throw usersError('users.not_found');
      if (before.version !== version) throw kernelError('request.precondition_failed');
      if (before.status === 'deleted') throw usersError('users.deleted');
      if (before.status === status) return { user: before, ended: false };
      if (status === 'disabled') await this.assertMayTake(tx, actor, before);
      else await this.rules.assertMayEnable(tx, actor, before);
      const after = await this.users.updateStatus(tx, id, version, status);
      if (after === null) throw kernelError('request.precondition_failed');
      await this.audit.record(tx, actor, {
        action: USER_ACTIONS['users.user.updated'],
        tenantId: after.tenantId,
        target: { type: 'user', id, displayName: after.displayName },
        outcome: 'success',
        before: stateOf(before),
        after: stateOf(after),
      });
      if (status === 'disabled') await this.serviceAccounts.disableOfOwner(tx, actor, id, 'owner_disabled');
      return { user: after, ended: true };
    });
  }

  /**
   * Takes everything that the user holds and ends what was issued to them; their programs are disabled. The account stays, so
   * that the audit trail stays readable.
   *
   * @throws DomainError users.not_found, users.deleted, request.precondition_failed, rbac.last_administrator, rbac.no_way_up
   */
  async delete(actor: Actor, id: string, version: number): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await this.users.findById(tx, id);
      if (before === null) throw usersError('users.not_found');
      if (before.version !== version) throw kernelError('request.precondition_failed');
      if (before.status === 'deleted') throw usersError('users.deleted');
      await this.assertMayTake(tx, actor, before);
      await this.deletion.deleteWithin(tx, actor, before, USER_ACTIONS['users.user.deleted']);
    });
  }

  private async assertMayTake(tx: Transaction, actor: Actor, user: UserAccount): Promise<void> {
    await this.rules.assertMayDisable(tx, user);
    await this.rules.assertMayTake(tx, actor, user);
  }
}

function stateOf(user: UserAccount): JsonObject {
  return {
    objectId: user.objectId,
    displayName: user.displayName,
    status: user.status,
    securityStamp: user.securityStamp,
  };
}
