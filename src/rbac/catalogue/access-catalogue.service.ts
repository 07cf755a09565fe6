import { Injectable, type OnModuleInit } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { PERMISSIONS, SYSTEM_ROLES } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { Page } from '../../kernel/paging/cursor.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { ADMINISTRATOR } from '../authority/last-administrator.service.js';
import { RoleClosures } from '../decisions/role-closures.js';
import { rbacError } from '../rbac.errors.js';
import type { HeldPermission, RoleRef } from '../rbac.types.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { SEPARATION_ACTIONS } from '../separation/separation.events.js';
import { SeparationRepository } from '../separation/separation.repository.js';
import { stateOf } from '../separation/separation.types.js';
import { CatalogueRepository } from './catalogue.repository.js';
import type { KnownPermission } from './namespace.types.js';
import { NamespacesRepository } from './namespaces.repository.js';
import { decodePermissionCursor, encodePermissionCursor } from './registered-permission.js';

/** The permissions there are and what roles hold of them. The code says which are ours; the rows let roles refer to them. */
@Injectable()
export class AccessCatalogue implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly catalogue: CatalogueRepository,
    private readonly assignments: AssignmentsRepository,
    private readonly namespaces: NamespacesRepository,
    private readonly roles: RolesRepository,
    private readonly constraints: SeparationRepository,
    private readonly audit: AuditService,
  ) {}

  /** Brings the rows to what the code says; does nothing when they already are. What applications registered stays. */
  async onModuleInit(): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      await this.catalogue.upsertPermissions(tx, PERMISSIONS);
      await this.withdraw(tx, await this.catalogue.findOwnPermissionsExcept(tx, Object.keys(PERMISSIONS)));
      const registered = await this.catalogue.findRegistered(tx);
      for (const [name, role] of Object.entries(SYSTEM_ROLES)) {
        const permissions = name === ADMINISTRATOR ? [...role.permissions, ...registered] : role.permissions;
        await this.catalogue.putSystemRole(tx, name, role.description, permissions);
      }
    });
  }

  /** Permissions that are no more. A constraint of them goes on with the others, unless these may be held together anyway. */
  private async withdraw(tx: Transaction, gone: readonly string[]): Promise<void> {
    if (gone.length === 0) return;
    for (const before of await this.constraints.findNaming(tx, gone)) {
      const members = before.members.filter((member) => !gone.includes(member));
      const isVoid = members.length <= before.atMost;
      if (isVoid) await this.constraints.delete(tx, before.id);
      else await this.constraints.update(tx, before, before.version, { members });
      await this.audit.record(tx, systemActor('catalogue'), {
        action: SEPARATION_ACTIONS[isVoid ? 'rbac.constraint.deleted' : 'rbac.constraint.updated'],
        tenantId: null,
        target: { type: 'separation-constraint', id: before.id, displayName: before.name },
        outcome: 'success',
        reason: 'permissions that this version of the service does not have',
        before: stateOf(before),
        ...(isVoid ? {} : { after: stateOf({ ...before, members }) }),
      });
    }
    await this.catalogue.deletePermissions(tx, gone);
  }

  /** @param namespace only those of this one */
  async listPermissions(namespace: string | undefined, limit: number, cursor?: string): Promise<Page<KnownPermission>> {
    const after = cursor === undefined ? null : decodePermissionCursor(cursor);
    return pageByName(
      await this.transactions.read((tx) => this.namespaces.findPermissionPage(tx, namespace, limit + 1, after)),
      limit,
    );
  }

  /**
   * What a role holds in the end, by name, and where each comes from.
   *
   * @throws DomainError rbac.role_not_found
   */
  async permissionsOfRole(roleId: string, limit: number, cursor?: string): Promise<Page<HeldPermission>> {
    const after = cursor === undefined ? '' : decodePermissionCursor(cursor);
    return this.transactions.read(async (tx) => {
      const roles = await this.roles.findClosure(tx, [roleId]);
      const role = roles.get(roleId);
      if (role === undefined) throw rbacError('rbac.role_not_found');
      const { permissions } = RoleClosures.in(roles).of(roleId);
      const names = [...permissions]
        .filter((name) => name > after)
        .sort()
        .slice(0, limit + 1);
      const descriptions = await this.namespaces.findDescriptions(tx, names);
      const ancestors = [...roles.values()]
        .filter(({ id }) => id !== roleId)
        .map(({ id, name, permissions: own }) => ({ id, name, own: new Set(own) }))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const own = new Set(role.permissions);
      const held = names.map((name) => ({
        name,
        description: descriptions.get(name) ?? '',
        own: own.has(name),
        inheritedFrom: ancestors.filter((ancestor) => ancestor.own.has(name)).map(toRef),
      }));
      return pageByName(held, limit);
    });
  }
}

function toRef({ id, name }: RoleRef): RoleRef {
  return { id, name };
}

/** Cuts a page out of rows that were read with `limit + 1`. */
function pageByName<T extends { name: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodePermissionCursor(last.name) : null };
}
