import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditAction } from '../audit/audit.types.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import type { Transaction } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { ServiceAccountsService } from './service-accounts.service.js';
import { UserStatusRules } from './user-status-rules.service.js';
import { UsersRepository } from './users.repository.js';
import type { UserAccount } from './users.types.js';

/** What happens to a person who is deleted, whoever says so. */
@Injectable()
export class UserDeletion {
  constructor(
    private readonly users: UsersRepository,
    private readonly rules: UserStatusRules,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Takes everything that the user holds and ends what was issued to them; their programs are disabled. The row stays, so that the
   * audit trail stays readable. Whether the actor may is the caller's question, before it.
   *
   * @param user as read by the caller, not deleted
   * @param action for the record of it
   * @throws DomainError request.precondition_failed when somebody changed the user meanwhile, rbac.last_administrator
   */
  async deleteWithin(tx: Transaction, actor: Actor, user: UserAccount, action: AuditAction): Promise<void> {
    await this.rules.assertMayDisable(tx, user);
    await this.rules.takeAccess(tx, actor, user);
    const memberships = await this.users.leaveGroups(tx, user.id);
    const after = await this.users.markDeleted(tx, user.id, user.version);
    if (after === null) throw kernelError('request.precondition_failed');
    await this.audit.record(tx, actor, {
      action,
      tenantId: after.tenantId,
      target: { type: 'user', id: user.id, displayName: after.displayName },
      outcome: 'success',
      before: stateOf(user),
      after: { ...stateOf(after), memberships },
    });
    await this.serviceAccounts.disableOfOwner(tx, actor, user.id, 'owner_deleted');
  }
}

function stateOf({ objectId, userPrincipalName, displayName, status, securityStamp }: UserAccount): JsonObject {
  return { objectId, userPrincipalName, displayName, status, securityStamp };
}
