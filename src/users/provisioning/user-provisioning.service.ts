import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { AccountLinkRules } from '../account-link-rules.service.js';
import { ServiceAccountsService } from '../service-accounts.service.js';
import { UserDeletion } from '../user-deletion.service.js';
import { UserStatusRules } from '../user-status-rules.service.js';
import { usersError } from '../users.errors.js';
import { UsersRepository } from '../users.repository.js';
import type { UserAccount } from '../users.types.js';
import { provisioningError } from './provisioning.errors.js';
import { PROVISIONING_ACTIONS } from './provisioning.events.js';
import { UserProvisioningRepository } from './user-provisioning.repository.js';
import type { ProvisionedPerson, ProvisionedUser } from './user-provisioning.types.js';

/** People as a directory says that they are: made, changed, disabled, deleted. Names and external ids stand once in a tenant. */
@Injectable()
export class UserProvisioning {
  constructor(
    private readonly rows: UserProvisioningRepository,
    private readonly users: UsersRepository,
    private readonly rules: UserStatusRules,
    private readonly links: AccountLinkRules,
    private readonly deletion: UserDeletion,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Makes an account that nothing is assigned to. Who was deleted and has the same object id is the same person again; so is who has
   * the same external id, unless the account was ever somebody's by an object id: external ids are given again.
   *
   * @returns users.id
   * @throws DomainError users.already_provisioned, rbac.no_way_up, rbac.separation_violated
   */
  async provisionWithin(tx: Transaction, actor: Actor, tenantId: string, person: ProvisionedPerson): Promise<string> {
    await this.links.prepare(tx);
    await this.users.lockNames(tx, tenantId);
    const alike = await this.rows.findAlike(tx, tenantId, person);
    if (alike.some(({ status }) => status !== 'deleted')) throw provisioningError('users.already_provisioned');
    const deleted =
      alike.find(({ objectId }) => objectId !== null && objectId === person.objectId) ??
      alike.find(({ objectId }) => objectId === null);
    const id =
      deleted === undefined
        ? await this.rows.insert(tx, tenantId, person)
        : await this.revive(tx, actor, deleted, person);
    if (person.objectId !== null) await this.links.assertMayLink(tx, actor, id);
    await this.record(tx, actor, 'users.provisioned-user.created', deleted ?? null, await this.existing(tx, id));
    return id;
  }

  /**
   * Disabling ends what was issued to the person, and their programs. Letting somebody in, by enabling or by saying whose account
   * it is, needs authority over everything that the account holds, by its groups of Entra ID too.
   *
   * @throws DomainError users.not_found, request.precondition_failed, users.already_provisioned, users.linked_to_another,
   *   rbac.last_administrator, rbac.no_way_up, rbac.separation_violated
   */
  async updateProvisionedWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    version: number,
    person: ProvisionedPerson,
  ): Promise<void> {
    const seen = await this.existing(tx, id);
    const { links, enables, disables } = changeOf(seen, person);
    if (links || enables || disables) await this.links.prepare(tx);
    await this.users.lockNames(tx, seen.tenantId);
    const before = await this.existing(tx, id);
    if (before.version !== version) throw kernelError('request.precondition_failed');
    if (before.objectId !== null && person.objectId !== null && before.objectId !== person.objectId) {
      throw provisioningError('users.linked_to_another', { detail: 'An object id, once known, stays.' });
    }
    const others = (await this.rows.findAlike(tx, before.tenantId, person)).filter((other) => other.id !== id);
    if (
      others.some(
        (other) => other.status !== 'deleted' || (person.objectId !== null && other.objectId === person.objectId),
      )
    ) {
      throw provisioningError('users.already_provisioned');
    }
    if (disables) await this.rules.assertMayDisable(tx, await this.account(tx, id));
    if (enables || links) await this.rules.assertMayEnable(tx, actor, await this.account(tx, id));
    if (!(await this.rows.update(tx, before, person, enables || disables)))
      throw kernelError('request.precondition_failed');
    if (links) await this.links.assertMayLink(tx, actor, id);
    await this.record(tx, actor, 'users.provisioned-user.updated', before, await this.existing(tx, id));
    if (disables) await this.serviceAccounts.disableOfOwner(tx, actor, id, 'owner_disabled');
  }

  /**
   * The row stays, so that the audit trail stays readable; what the person holds goes.
   *
   * @throws DomainError users.not_found, request.precondition_failed, rbac.last_administrator
   */
  async deleteWithin(tx: Transaction, actor: Actor, id: string, version: number): Promise<void> {
    const account = await this.account(tx, id);
    if (account.version !== version) throw kernelError('request.precondition_failed');
    await this.deletion.deleteWithin(tx, actor, account, PROVISIONING_ACTIONS['users.provisioned-user.deleted']);
  }

  private async revive(
    tx: Transaction,
    actor: Actor,
    deleted: ProvisionedUser,
    person: ProvisionedPerson,
  ): Promise<string> {
    await this.rules.assertMayEnable(tx, actor, await this.account(tx, deleted.id));
    if (!(await this.rows.update(tx, deleted, person, true))) throw kernelError('request.precondition_failed');
    return deleted.id;
  }

  /** Deleted ones are found by provisioning alone. */
  private async existing(tx: Transaction, id: string): Promise<ProvisionedUser> {
    const user = await this.rows.find(tx, id);
    if (user === null) throw usersError('users.not_found');
    return user;
  }

  private async account(tx: Transaction, id: string): Promise<UserAccount> {
    const account = await this.users.findById(tx, id);
    if (account === null) throw usersError('users.not_found');
    return account;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: keyof typeof PROVISIONING_ACTIONS,
    before: ProvisionedUser | null,
    after: ProvisionedUser,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: PROVISIONING_ACTIONS[action],
      tenantId: after.tenantId,
      target: { type: 'user', id: after.id, displayName: after.displayName },
      outcome: 'success',
      ...(before === null ? {} : { before: stateOf(before) }),
      after: stateOf(after),
    });
  }
}

function changeOf(before: ProvisionedUser, { objectId, status }: ProvisionedPerson) {
  return {
    links: before.objectId === null && objectId !== null,
    enables: before.status !== 'active' && status === 'active',
    disables: before.status === 'active' && status === 'disabled',
  };
}

/** The profile is the directory's: that it changed is on record, what it says of a person isn't kept for ever. */
function stateOf({ objectId, externalId, userPrincipalName, displayName, status }: ProvisionedUser): JsonObject {
  return { objectId, externalId, userPrincipalName, displayName, status };
}
