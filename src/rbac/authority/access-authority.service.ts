import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import type { AccessChange } from './access-change.js';
import { AuthorityRepository } from './authority.repository.js';
import { heldThroughoutUntil } from './held-throughout.js';
import { describeMissing, missingAuthority } from './missing-authority.js';
import { RolePermissions } from './role-permissions.service.js';

/** No way up and none down: nobody changes access beyond what they hold themselves, directly or by a detour. */
@Injectable()
export class AccessAuthority {
  constructor(
    private readonly facts: AccessFactsRepository,
    private readonly rolePermissions: RolePermissions,
    private readonly authority: AuthorityRepository,
  ) {}

  /**
   * The only judge of whether an actor may change effective permissions; every path asks it within its transaction, after
   * AssignmentsService.lockChanges and before it writes, or after it where only the rows written say what comes of it, as when an
   * account is linked: a refusal takes back all of it. The actor must hold every permission of every delta throughout its scope,
   * what is given until its end without a gap, and `needs` on each scope; a narrowed token holds no more than its scopes. Taking is
   * refused like giving, so that nobody can clear away those above them. The system may.
   *
   * @throws DomainError rbac.no_way_up
   */
  async assertMayConfer(tx: Transaction, actor: Actor, change: AccessChange): Promise<void> {
    if (actor.type === 'system' || change.deltas.length === 0) return;
    const subject = await this.facts.loadSubject(tx, actor.id);
    const now = await this.authority.now(tx);
    const roleIds = subject?.assignments.map(({ roleId }) => roleId) ?? [];
    const permissionsOf = await this.rolePermissions.of(tx, roleIds);
    const scopes: readonly string[] | null = actor.scopes;
    const missing = missingAuthority(change, (permission, scope) =>
      subject === null || (scopes !== null && !scopes.includes(permission))
        ? null
        : heldThroughoutUntil(subject, permissionsOf, permission, scope, now),
    );
    if (missing.length > 0) throw rbacError('rbac.no_way_up', { detail: describeMissing(change.what, missing) });
  }
}
