import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { TenantRules } from '../../tenants/tenant-rules.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessAuthority } from './access-authority.service.js';
import { AuthorityRepository } from './authority.repository.js';
import { LastAdministrator } from './last-administrator.service.js';
import { deltaOf } from './reach.js';
import { RolePermissions } from './role-permissions.service.js';

/**
 * Who may decide whose people sign in: whoever holds all that these people and their programs hold. It is taken from all of them at
 * once, or given back.
 */
@Injectable()
export class TenantAccess implements OnModuleInit {
  constructor(
    private readonly assignments: AssignmentsRepository,
    private readonly authority: AccessAuthority,
    private readonly rows: AuthorityRepository,
    private readonly rolePermissions: RolePermissions,
    private readonly lastAdministrator: LastAdministrator,
    private readonly tenantRules: TenantRules,
  ) {}

  onModuleInit(): void {
    this.tenantRules.beforeSignInChange((...change) => this.assertMayChange(...change));
  }

  /** @throws DomainError rbac.no_way_up, rbac.last_administrator */
  private async assertMayChange(
    tx: Transaction,
    actor: Actor,
    { id, displayName }: WatchedTenant,
    allowed: boolean,
  ): Promise<void> {
    await this.assignments.lockChanges(tx);
    const held = await this.rows.findOfTenant(tx, id);
    const permissionsOf = await this.rolePermissions.of(
      tx,
      held.map(({ roleId }) => roleId),
    );
    const deltas = held.map((one) => deltaOf({ ...one, effect: 'allow' }, permissionsOf(one.roleId), allowed));
    await this.authority.assertMayConfer(tx, actor, { what: 'sign-in of the tenant', deltas, needs: null });
    if (!allowed) await this.lastAdministrator.assertRemainsWithoutTenant(tx, id, displayName);
  }
}
