import { Injectable } from '@nestjs/common';
import { systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../database/transaction-runner.js';
import { AccountLinkRules } from './account-link-rules.service.js';
import { usersError } from './users.errors.js';
import { USER_ACTIONS } from './users.events.js';
import { UsersRepository } from './users.repository.js';
import type { SignedInPerson, UserAccount } from './users.types.js';

/**
 * The accounts of who signs in. Found by (tenant, object id) alone: nothing else in a token is safe to recognise a person by
 * (ASVS 10.3.3, 10.5.2).
 */
@Injectable()
export class SignedInAccounts {
  constructor(
    private readonly users: UsersRepository,
    private readonly links: AccountLinkRules,
    private readonly audit: AuditService,
  ) {}

  /**
   * The account of who signed in, made at the first time: it holds at once what the person's groups of Entra ID do. A disabled
   * account is returned as it is: its caller refuses it.
   */
  async record(tx: Transaction, person: SignedInPerson): Promise<UserAccount> {
    const { tenantId, objectId } = person;
    const found = (await this.users.findByObjectId(tx, tenantId, objectId)) ?? (await this.begin(tx, person));
    if (found.status !== 'active') return found;
    // What a directory says of a person isn't replaced by what Entra's token says: two would write it in turn.
    if (differs(found, person) && !(await this.users.isDescribed(tx, found.id))) {
      await this.users.lockNames(tx, found.tenantId);
      await this.users.updateNames(tx, found.id, await this.named(tx, person));
    }
    await this.users.noteSignIn(tx, found.id);
    return (await this.users.findById(tx, found.id)) ?? found;
  }

  /** Makes the account, unless another sign-in was faster. */
  private async begin(tx: Transaction, person: SignedInPerson): Promise<UserAccount> {
    const { tenantId, objectId } = person;
    await this.links.prepare(tx);
    await this.users.lockNames(tx, tenantId);
    const id = await this.users.insertIfAbsent(tx, await this.named(tx, person));
    if (id !== null) await this.arrive(tx, person, id);
    const account = await this.users.findByObjectId(tx, tenantId, objectId);
    if (account === null) throw usersError('users.not_found');
    return account;
  }

  private async arrive(
    tx: Transaction,
    { tenantId, objectId, displayName }: SignedInPerson,
    id: string,
  ): Promise<void> {
    await this.audit.record(tx, systemActor('sign-in'), {
      action: USER_ACTIONS['users.user.created'],
      tenantId,
      target: { type: 'user', id, displayName },
      outcome: 'success',
      after: { objectId, displayName, status: 'active', securityStamp: 1 },
    });
    await this.links.arrived(tx, id);
  }

  /**
   * The person by a name that nobody else of the tenant has: whom Entra ID named last has it, except where a directory gives it to
   * another account. Nobody is kept from signing in by a name.
   */
  private async named(tx: Transaction, person: SignedInPerson): Promise<SignedInPerson> {
    const { tenantId, objectId, userPrincipalName } = person;
    if (userPrincipalName === null) return person;
    await this.users.releaseName(tx, tenantId, userPrincipalName, objectId);
    const isTaken = await this.users.isNameTaken(tx, tenantId, userPrincipalName, objectId);
    return isTaken ? { ...person, userPrincipalName: null } : person;
  }
}

function differs(user: UserAccount, person: SignedInPerson): boolean {
  const { displayName, userPrincipalName, email } = person;
  return user.displayName !== displayName || user.userPrincipalName !== userPrincipalName || user.email !== email;
}
