import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { ServiceAccountRules } from '../../users/service-account-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { rbacError } from '../rbac.errors.js';

/** No way up and none down: nobody changes the access of those who hold more than they do, directly or by a detour. */
@Injectable()
export class AccessAuthority implements OnModuleInit {
  constructor(
    private readonly rbac: AssignmentsRepository,
    private readonly decisions: AccessDecisions,
    private readonly serviceAccountRules: ServiceAccountRules,
  ) {}

  onModuleInit(): void {
    this.serviceAccountRules.beforeControl((tx, actor, accountId) => this.assertMayControl(tx, actor, accountId));
  }

  /**
   * Whether an actor may change somebody's access by this role: what the role holds, the actor must hold. It counts effective
   * permissions, not names. Taking is refused like giving, so that nobody can clear away those above them.
   *
   * @throws DomainError rbac.no_way_up
   */
  async assertMayConfer(tx: Transaction, actor: Actor, roleId: string): Promise<void> {
    await this.assertHolds(tx, actor, 'role', () => this.rbac.findRolePermissions(tx, roleId));
  }

  /**
   * Whether an actor may act as this service account: what it holds now, or will by what is already assigned, the actor must
   * hold. Waits for whoever is changing access, and nobody changes it until the transaction ends.
   *
   * @throws DomainError rbac.no_way_up
   */
  private async assertMayControl(tx: Transaction, actor: Actor, accountId: string): Promise<void> {
    await this.rbac.lockChanges(tx);
    await this.assertHolds(tx, actor, 'service account', () => this.rbac.findReach(tx, accountId));
  }

  private async assertHolds(
    tx: Transaction,
    actor: Actor,
    what: string,
    demanded: () => Promise<Permission[]>,
  ): Promise<void> {
    if (actor.type === 'system') return;
    const held = await this.decisions.heldBy(tx, actor);
    const missing = (await demanded()).filter((permission) => !held.has(permission));
    if (missing.length > 0) {
      throw rbacError('rbac.no_way_up', { detail: `The ${what} holds what you do not: ${missing.join(', ')}.` });
    }
  }
}
