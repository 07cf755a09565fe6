import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { ServiceAccount } from '../../users/service-account.types.js';
import { ServiceAccountsService } from '../../users/service-accounts.service.js';
import { UsersService } from '../../users/users.service.js';
import type { UserAccount } from '../../users/users.types.js';
import type { AccessSubject } from '../rbac.types.js';
import { AuthorityRepository } from './authority.repository.js';

/** Who can hold roles: people, programs with an account of their own, and groups for their members. */
@Injectable()
export class AccessSubjects {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly users: UsersService,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly authority: AuthorityRepository,
  ) {}

  /** @param id users.id, service_accounts.id or groups.id @returns null for an id of none, and of a deleted user */
  async find(tx: Transaction, id: string): Promise<AccessSubject | null> {
    const user = await this.users.find(tx, id);
    if (user !== null) return user.status === 'deleted' ? null : ofUser(user);
    const account = await this.serviceAccounts.find(tx, id);
    if (account !== null) return this.ofAccount(tx, account);
    const group = await this.authority.findGroup(tx, id);
    return group === null ? null : { type: 'group', active: true, ...group };
  }

  /** @throws DomainError users.not_found, users.service_account_not_found */
  async get(type: 'user' | 'service_account', id: string): Promise<AccessSubject> {
    if (type === 'user') return ofUser(await this.users.get(id));
    const account = await this.serviceAccounts.get(id);
    return this.transactions.read((tx) => this.ofAccount(tx, account));
  }

  /** The one user that an operator means. @throws DomainError users.not_found */
  findUserNamed(tx: Transaction, name: string): Promise<UserAccount> {
    return this.users.findNamed(tx, name);
  }

  private async ofAccount(tx: Transaction, account: ServiceAccount): Promise<AccessSubject> {
    const { id, tenantId, name: displayName, status, ownerUserId } = account;
    const owner = await this.users.find(tx, ownerUserId);
    const active = status === 'active' && owner?.status === 'active';
    return { type: 'service_account', id, tenantId, objectId: null, displayName, active };
  }
}

function ofUser({ id, tenantId, objectId, displayName, status }: UserAccount): AccessSubject {
  return { type: 'user', id, tenantId, objectId, displayName, active: status === 'active' };
}
