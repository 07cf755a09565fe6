import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { rbacError } from '../rbac.errors.js';
import type { RoleSummary } from '../rbac.types.js';
import { findCycle, levelsThrough } from './role-graph.js';
import { MAX_ROLE_EDGES, MAX_ROLE_LEVELS, MAX_ROLE_PARENTS, MAX_ROLE_PERMISSIONS, MAX_ROLES } from './role-limits.js';
import { RolesRepository } from './roles.repository.js';

/** What keeps roles whole, whoever changes them: references, limits, no cycles, nothing removed that is still used. */
@Injectable()
export class RoleChecks {
  constructor(private readonly roles: RolesRepository) {}

  /** @throws DomainError rbac.too_many_roles */
  async assertRoom(tx: Transaction): Promise<void> {
    if ((await this.roles.count(tx)) >= MAX_ROLES) throw rbacError('rbac.too_many_roles');
  }

  /** @throws DomainError rbac.unknown_permission, rbac.role_too_large */
  async assertPermissions(tx: Transaction, permissions: readonly string[]): Promise<void> {
    if (permissions.length > MAX_ROLE_PERMISSIONS) {
      throw rbacError('rbac.role_too_large', {
        detail: `A role holds at most ${MAX_ROLE_PERMISSIONS} permissions of its own.`,
      });
    }
    if (permissions.length === 0) return;
    const unknown = await this.roles.findUnknownPermissions(tx, permissions);
    if (unknown.size === 0) return;
    const errors = permissions.flatMap((name, index) =>
      unknown.has(name)
        ? [{ pointer: `/permissions/${index}`, code: 'permission', detail: 'not a permission of this service' }]
        : [],
    );
    throw rbacError('rbac.unknown_permission', { errors });
  }

  /**
   * What all roles make together is not looked at where the transaction keeps them all: its caller has judged the whole.
   *
   * @param role roles.id; of a role that isn't there yet, an id that no role has
   * @throws DomainError rbac.unknown_role, rbac.role_too_large, rbac.role_cycle, rbac.role_too_deep, rbac.too_many_parents
   */
  async assertParents(tx: Transaction, role: string, parents: readonly string[]): Promise<void> {
    if (parents.length > MAX_ROLE_PARENTS) {
      throw rbacError('rbac.role_too_large', {
        detail: `A role inherits from at most ${MAX_ROLE_PARENTS} roles directly.`,
      });
    }
    if (parents.length === 0) return;
    const names = await this.roles.findNames(tx, parents);
    const errors = parents.flatMap((id, index) =>
      names.has(id) ? [] : [{ pointer: `/parents/${index}`, code: 'role', detail: 'not a role of this service' }],
    );
    if (errors.length > 0) throw rbacError('rbac.unknown_role', { errors });
    if (this.roles.keepsAll(tx)) return;
    if ((await this.roles.countEdges(tx, role)) + parents.length > MAX_ROLE_EDGES) {
      throw rbacError('rbac.too_many_parents', {
        detail: `All roles together inherit directly from at most ${MAX_ROLE_EDGES}.`,
      });
    }
    const parentsOf = await this.roles.findParents(tx);
    const cycle = findCycle(parentsOf, role, parents);
    if (cycle !== null) throw await this.cycleError(tx, cycle);
    parentsOf.set(role, [...parents]);
    if (levelsThrough(parentsOf, role) > MAX_ROLE_LEVELS) throw rbacError('rbac.role_too_deep');
  }

  /** @throws DomainError rbac.role_in_use, which names what uses it */
  async assertUnused(tx: Transaction, role: RoleSummary): Promise<void> {
    const { assigned, eligible, inheritedBy, constraints } = await this.roles.findUses(tx, role.id);
    const uses = [
      ...(assigned > 0 ? [`it is assigned (${assigned})`] : []),
      ...(eligible > 0 ? [`it can be activated (${eligible})`] : []),
      ...(inheritedBy.length > 0 ? [`other roles inherit from it (${inheritedBy.join(', ')})`] : []),
      ...(constraints.length > 0 ? [`it is part of a separation constraint (${constraints.join(', ')})`] : []),
    ];
    if (uses.length > 0)
      throw rbacError('rbac.role_in_use', { detail: `${role.name} can't be deleted: ${uses.join('; ')}.` });
  }

  private async cycleError(tx: Transaction, cycle: readonly string[]) {
    const names = await this.roles.findNames(tx, cycle);
    return rbacError('rbac.role_cycle', { detail: cycle.map((id) => names.get(id) ?? id).join(' -> ') });
  }
}
