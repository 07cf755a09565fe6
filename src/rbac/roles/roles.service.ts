import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { newId } from '../../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { AssignmentRules } from '../assignments/assignment-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import type { AccessDelta } from '../authority/access-change.js';
import { LastAdministrator } from '../authority/last-administrator.service.js';
import { RolePermissions } from '../authority/role-permissions.service.js';
import { rbacError } from '../rbac.errors.js';
import { RBAC_ACTIONS } from '../rbac.events.js';
import type { NewRole, RoleDetails, RolePatch, RoleSummary } from '../rbac.types.js';
import { ROOT_SCOPE } from '../scope.js';
import { RoleChecks } from './role-checks.service.js';
import { RolesRepository } from './roles.repository.js';

/**
 * Roles that people define. A role is shared by all scopes: whoever changes one changes access everywhere and for ever, and is judged
 * so, whether anybody has the role or not.
 */
@Injectable()
export class RolesService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly roles: RolesRepository,
    private readonly checks: RoleChecks,
    private readonly rolePermissions: RolePermissions,
    private readonly authority: AccessAuthority,
    private readonly lastAdministrator: LastAdministrator,
    private readonly rules: AssignmentRules,
    private readonly assignments: AssignmentsRepository,
    private readonly audit: AuditService,
  ) {}

  /** @param nameContains any case */
  async list(nameContains: string | undefined, limit: number, cursor?: string): Promise<Page<RoleSummary>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.roles.findPage(tx, nameContains, limit + 1, after)), limit);
  }

  /** @throws DomainError rbac.role_not_found */
  get(id: string): Promise<RoleDetails> {
    return this.transactions.read((tx) => this.find(tx, id));
  }

  /**
   * @throws DomainError rbac.no_way_up, rbac.role_name_taken, rbac.unknown_permission, rbac.unknown_role, rbac.role_cycle,
   *   rbac.role_too_deep, rbac.role_too_large, rbac.too_many_roles, rbac.too_many_parents
   */
  create(actor: Actor, role: NewRole): Promise<RoleDetails> {
    return this.locked((tx) => this.createWithin(tx, actor, role));
  }

  /**
   * @throws DomainError as create, and rbac.role_not_found, rbac.system_role, rbac.last_administrator, rbac.separation_violated,
   *   request.precondition_failed when somebody else changed it since `version` was read
   */
  update(actor: Actor, id: string, version: number, patch: RolePatch): Promise<RoleDetails> {
    return this.locked((tx) => this.updateWithin(tx, actor, id, version, patch));
  }

  /** @throws DomainError rbac.no_way_up, rbac.role_not_found, rbac.system_role, rbac.role_in_use, request.precondition_failed */
  remove(actor: Actor, id: string, version: number): Promise<void> {
    return this.locked((tx) => this.removeWithin(tx, actor, id, version));
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. AccessAuthority is asked here. */
  async createWithin(tx: Transaction, actor: Actor, role: NewRole): Promise<RoleDetails> {
    await this.checks.assertRoom(tx);
    await this.checks.assertPermissions(tx, role.permissions);
    await this.checks.assertParents(tx, newId(), role.parents);
    const held = await this.inherited(tx, role.parents);
    for (const permission of role.permissions) held.add(permission);
    await this.assertMay(tx, actor, [everywhere(held, true)]);
    const created = await this.find(tx, await this.roles.insert(tx, role));
    await this.record(tx, actor, 'rbac.role.created', null, created);
    return created;
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. AccessAuthority is asked here. */
  async updateWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    version: number,
    patch: RolePatch,
  ): Promise<RoleDetails> {
    const before = await this.changeable(tx, id, version);
    if (patch.permissions !== undefined) await this.checks.assertPermissions(tx, patch.permissions);
    if (patch.parents !== undefined) await this.checks.assertParents(tx, id, patch.parents);
    const heldBefore = await this.inherited(tx, [id]);
    const heldAfter = await this.inherited(tx, patch.parents ?? before.parents.map((parent) => parent.id));
    for (const permission of patch.permissions ?? before.permissions) heldAfter.add(permission);
    const grown = [...heldAfter].filter((permission) => !heldBefore.has(permission));
    const shrunk = [...heldBefore].filter((permission) => !heldAfter.has(permission));
    // Documents and people mean a role by its name: giving it another gives what it holds to whoever is meant by that one.
    const wholly = (patch.name !== undefined && patch.name !== before.name) || loosens(before, patch);
    // Where the role denies, taking from it gives.
    await this.assertMay(tx, actor, [everywhere(wholly ? heldAfter : grown, true), everywhere(shrunk, true)]);
    const update = async () => {
      if (!(await this.roles.update(tx, id, version, patch))) throw kernelError('request.precondition_failed');
    };
    // A role that only denies takes by growing.
    await this.lastAdministrator.keptBy(tx, undefined, update);
    const after = await this.find(tx, id);
    await this.record(tx, actor, 'rbac.role.updated', before, after);
    // Which roles somebody has counts for separation too, so inheritance alone is enough to ask.
    if (grown.length > 0 || shrunk.length > 0 || patch.parents !== undefined) {
      await this.rules.assertMayHold(tx, actor, await this.roles.findHolders(tx, [id]));
    }
    return after;
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. AccessAuthority is asked here. */
  async removeWithin(tx: Transaction, actor: Actor, id: string, version: number): Promise<void> {
    const before = await this.changeable(tx, id, version);
    await this.assertMay(tx, actor, [everywhere(await this.inherited(tx, [id]), false)]);
    await this.checks.assertUnused(tx, before);
    await this.roles.delete(tx, id);
    await this.record(tx, actor, 'rbac.role.deleted', before, null);
  }

  private locked<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      return work(tx);
    });
  }

  private async find(tx: Transaction, id: string): Promise<RoleDetails> {
    const role = await this.roles.findDetails(tx, id);
    if (role === null) throw rbacError('rbac.role_not_found');
    return role;
  }

  private async changeable(tx: Transaction, id: string, version: number): Promise<RoleDetails> {
    const role = await this.find(tx, id);
    if (role.isSystem) throw rbacError('rbac.system_role', { detail: `${role.name} comes with the service.` });
    if (role.version !== version) throw kernelError('request.precondition_failed');
    return role;
  }

  private async inherited(tx: Transaction, roleIds: readonly string[]): Promise<Set<string>> {
    const permissionsOf = await this.rolePermissions.of(tx, roleIds);
    return new Set(roleIds.flatMap((roleId) => [...permissionsOf(roleId)]));
  }

  private assertMay(tx: Transaction, actor: Actor, deltas: AccessDelta[]): Promise<void> {
    return this.authority.assertMayConfer(tx, actor, { what: 'change of the role', deltas });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: 'rbac.role.created' | 'rbac.role.updated' | 'rbac.role.deleted',
    before: RoleDetails | null,
    after: RoleDetails | null,
  ): Promise<void> {
    const role = after ?? before;
    return this.audit.record(tx, actor, {
      action: RBAC_ACTIONS[action],
      tenantId: null,
      target: role === null ? null : { type: 'role', id: role.id, displayName: role.name },
      outcome: 'success',
      ...(before === null ? {} : { before: stateOf(before) }),
      ...(after === null ? {} : { after: stateOf(after) }),
    });
  }
}

function everywhere(permissions: Iterable<string>, gives: boolean): AccessDelta {
  return { permissions: [...permissions], scope: ROOT_SCOPE, gives, until: null };
}

/** Whether activating the role becomes easier: for longer, or without somebody else's approval. */
function loosens(before: RoleSummary, patch: RolePatch): boolean {
  return (
    (patch.activationMaxSeconds ?? before.activationMaxSeconds) > before.activationMaxSeconds ||
    (before.activationNeedsApproval && patch.activationNeedsApproval === false)
  );
}

function stateOf(role: RoleDetails): JsonObject {
  return {
    name: role.name,
    description: role.description,
    permissions: role.permissions,
    parents: role.parents.map(({ name }) => name),
    activationMaxSeconds: role.activationMaxSeconds,
    activationNeedsApproval: role.activationNeedsApproval,
  };
}
