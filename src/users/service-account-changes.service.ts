import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import type { NewServiceAccount, ServiceAccount, ServiceAccountPatch } from './service-account.types.js';
import { accountRecord } from './service-account-records.js';
import { ServiceAccountRules } from './service-account-rules.service.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { usersError } from './users.errors.js';
import { UsersRepository } from './users.repository.js';
import type { UserAccount } from './users.types.js';

/** Makes service accounts, edits them, hands them over, disables and enables them. */
@Injectable()
export class ServiceAccountChanges {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: ServiceAccountsRepository,
    private readonly users: UsersRepository,
    private readonly rules: ServiceAccountRules,
    private readonly audit: AuditService,
  ) {}

  /**
   * A new one belongs to the tenant of its owner. It holds nothing yet, so whoever may make one gains nothing by it.
   *
   * @throws DomainError users.invalid_owner, users.service_account_name_taken
   */
  create(actor: Actor, account: NewServiceAccount): Promise<ServiceAccount> {
    return this.transactions.run(async (tx) => {
      const ownerUserId = account.ownerUserId ?? (actor.type === 'user' ? actor.id : null);
      if (ownerUserId === null) throw invalidOwner('Name a user as owner: a program can own none.');
      const created = await this.accounts.insert(tx, account, await this.heldOwner(tx, ownerUserId, null));
      await this.audit.record(tx, actor, accountRecord(null, created));
      return created;
    });
  }

  /**
   * Disabling ends every token of the account, and so does beginning to demand bound tokens: the others would live on.
   *
   * @returns also whether tokens ended
   * @throws DomainError users.service_account_not_found, rbac.no_way_up, users.invalid_owner, users.service_account_name_taken,
   *   request.precondition_failed when somebody else changed it since `version` was read
   */
  update(
    actor: Actor,
    id: string,
    version: number,
    patch: ServiceAccountPatch,
  ): Promise<{ account: ServiceAccount; endedTokens: boolean }> {
    return this.transactions.run(async (tx) => {
      const seen = await this.accounts.findById(tx, id);
      if (seen === null) throw usersError('users.service_account_not_found');
      await this.rules.assertMayControl(tx, actor, id);
      if (patch.ownerUserId !== undefined || patch.status === 'active') {
        await this.heldOwner(tx, patch.ownerUserId ?? seen.ownerUserId, seen.tenantId);
      }
      const before = await this.accounts.lock(tx, id);
      // What was seen without the lock is what was checked above: another version of it is another account.
      if (before === null || before.version !== version || seen.version !== version) {
        throw kernelError('request.precondition_failed');
      }
      const endedTokens =
        (before.status === 'active' && patch.status === 'disabled') ||
        (!before.dpopRequired && patch.dpopRequired === true);
      const account = await this.accounts.update(tx, before, patch, endedTokens);
      await this.audit.record(tx, actor, accountRecord(before, account));
      return { account, endedTokens };
    });
  }

  /** The owner, who stays active until the transaction ends: whoever disables them meanwhile finds the account as theirs. */
  private async heldOwner(tx: Transaction, id: string, tenantId: string | null): Promise<UserAccount> {
    const owner = await this.users.hold(tx, id);
    if (owner === null || owner.status !== 'active' || (tenantId !== null && owner.tenantId !== tenantId)) {
      throw invalidOwner('The owner must be an active user of the tenant that the service account belongs to.');
    }
    return owner;
  }
}

function invalidOwner(detail: string) {
  return usersError('users.invalid_owner', { detail, errors: [{ pointer: '/owner', code: 'owner', detail }] });
}
