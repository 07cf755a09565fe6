import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import { ADMINISTRATOR } from '../authority/last-administrator.service.js';
import { rbacError } from '../rbac.errors.js';
import { RBAC_ACTIONS } from '../rbac.events.js';
import { ROOT_SCOPE } from '../scope.js';
import type { NamespacePatch, NewNamespace, PermissionNamespace, RegisteredPermission } from './namespace.types.js';
import { NamespacesRepository } from './namespaces.repository.js';
import { fullName, MAX_NAMESPACES } from './registered-permission.js';

/**
 * Where other applications keep the permissions that this service decides on for them. Who manages access everywhere makes a namespace
 * and says which program it is; that program says what there is to be allowed. Nobody holds a new permission but administrators.
 */
@Injectable()
export class NamespacesService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly namespaces: NamespacesRepository,
    private readonly assignments: AssignmentsRepository,
    private readonly authority: AccessAuthority,
    private readonly audit: AuditService,
  ) {}

  list(): Promise<PermissionNamespace[]> {
    return this.transactions.read((tx) => this.namespaces.findAll(tx));
  }

  /** @throws DomainError rbac.namespace_not_found */
  get(name: string): Promise<PermissionNamespace> {
    return this.transactions.read((tx) => this.find(tx, name));
  }

  /** @throws DomainError rbac.no_way_up, rbac.namespace_taken, rbac.too_many_namespaces, rbac.unknown_service_account */
  create(actor: Actor, namespace: NewNamespace): Promise<PermissionNamespace> {
    return this.locked(async (tx) => {
      await this.assertManages(tx, actor);
      if ((await this.namespaces.findAll(tx)).length >= MAX_NAMESPACES) throw rbacError('rbac.too_many_namespaces');
      await this.namespaces.insert(tx, namespace);
      const created = await this.find(tx, namespace.name);
      await this.record(tx, actor, 'rbac.namespace.created', created, { after: stateOf(created) });
      return created;
    });
  }

  /** @throws DomainError rbac.no_way_up, rbac.namespace_not_found, rbac.unknown_service_account, request.precondition_failed */
  update(actor: Actor, name: string, version: number, patch: NamespacePatch): Promise<PermissionNamespace> {
    return this.locked(async (tx) => {
      await this.assertManages(tx, actor);
      const before = await this.unchanged(tx, name, version);
      await this.namespaces.update(tx, before, patch);
      const after = await this.find(tx, name);
      await this.record(tx, actor, 'rbac.namespace.updated', after, { before: stateOf(before), after: stateOf(after) });
      return after;
    });
  }

  /** Deletes it with its permissions. @throws DomainError rbac.no_way_up, rbac.namespace_not_found, rbac.permission_in_use, request.precondition_failed */
  remove(actor: Actor, name: string, version: number): Promise<void> {
    return this.locked(async (tx) => {
      await this.assertManages(tx, actor);
      const before = await this.unchanged(tx, name, version);
      await this.removePermissions(tx, await this.names(tx, name));
      await this.namespaces.delete(tx, name);
      await this.record(tx, actor, 'rbac.namespace.deleted', before, { before: stateOf(before) });
    });
  }

  /**
   * Makes the permissions of a namespace exactly these. The program whose namespace it is may, and whoever manages access everywhere.
   *
   * @throws DomainError rbac.namespace_not_found, rbac.no_way_up, rbac.permission_in_use
   */
  register(actor: Actor, name: string, permissions: readonly RegisteredPermission[]): Promise<RegisteredPermission[]> {
    return this.locked(async (tx) => {
      const namespace = await this.find(tx, name);
      if (actor.type !== 'service_account' || actor.id !== namespace.serviceAccountId) {
        await this.assertManages(tx, actor);
      }
      const before = await this.names(tx, name);
      const wanted = permissions.map((permission) => ({ ...permission, name: fullName(name, permission.name) }));
      const kept = new Set(wanted.map((permission) => permission.name));
      const gone = before.filter((permission) => !kept.has(permission));
      await this.removePermissions(tx, gone);
      await this.namespaces.putPermissions(tx, name, wanted, ADMINISTRATOR);
      const known = new Set(before);
      const added = [...kept].filter((permission) => !known.has(permission));
      await this.record(tx, actor, 'rbac.permissions.registered', namespace, {
        after: { added: added.sort(), removed: gone },
      });
      return (await this.namespaces.findPermissions(tx, name)).map((permission) => ({
        name: permission.name.slice(name.length + 1),
        description: permission.description,
      }));
    });
  }

  private locked<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      return work(tx);
    });
  }

  private assertManages(tx: Transaction, actor: Actor): Promise<void> {
    const everywhere = { permissions: [], scope: ROOT_SCOPE, gives: true, until: null };
    return this.authority.assertMayConfer(tx, actor, { what: 'change of the namespace', deltas: [everywhere] });
  }

  private async removePermissions(tx: Transaction, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const uses = await this.namespaces.findUses(tx, names, ADMINISTRATOR);
    if (uses.length > 0) {
      const list = uses.map(({ permission, usedBy }) => `${permission} is part of ${usedBy}`).join('; ');
      throw rbacError('rbac.permission_in_use', { detail: `${list}.` });
    }
    await this.namespaces.deletePermissions(tx, names, ADMINISTRATOR);
  }

  private async names(tx: Transaction, namespace: string): Promise<string[]> {
    return (await this.namespaces.findPermissions(tx, namespace)).map(({ name }) => name);
  }

  private async find(tx: Transaction, name: string): Promise<PermissionNamespace> {
    const namespace = await this.namespaces.find(tx, name);
    if (namespace === null) throw rbacError('rbac.namespace_not_found');
    return namespace;
  }

  private async unchanged(tx: Transaction, name: string, version: number): Promise<PermissionNamespace> {
    const namespace = await this.find(tx, name);
    if (namespace.version !== version) throw kernelError('request.precondition_failed');
    return namespace;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: keyof typeof RBAC_ACTIONS,
    { name, displayName }: PermissionNamespace,
    states: { before?: JsonObject; after?: JsonObject },
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: RBAC_ACTIONS[action],
      tenantId: null,
      target: { type: 'namespace', id: name, displayName },
      outcome: 'success',
      ...states,
    });
  }
}

function stateOf({ name, displayName, serviceAccountId }: PermissionNamespace): JsonObject {
  return { name, displayName, serviceAccountId };
}
