import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { GroupMembershipRules } from './group-membership-rules.service.js';
import { GroupSync } from './group-sync.service.js';
import { groupsError } from './groups.errors.js';
import { GROUP_ACTIONS } from './groups.events.js';
import { GroupsRepository } from './groups.repository.js';
import type { EntraGroup, Group, GroupMember } from './groups.types.js';

/** How long a person waits for Graph. */
const PATIENCE_MS = 30_000;

/** Groups that roles can be assigned to: those of Entra ID that somebody chose, and those that are provisioned. */
@Injectable()
export class GroupsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly groups: GroupsRepository,
    private readonly syncs: GroupSync,
    private readonly rules: GroupMembershipRules,
    private readonly audit: AuditService,
  ) {}

  /** @param tenantId tenants.id; null for all */
  async list(tenantId: string | null, limit: number, cursor?: string): Promise<Page<Group>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.groups.findPage(tx, tenantId, limit + 1, after)), limit);
  }

  /** @throws DomainError users.no_such_group */
  async get(id: string): Promise<Group> {
    const group = await this.transactions.read((tx) => this.groups.find(tx, id));
    if (group === null) throw groupsError('users.no_such_group');
    return group;
  }

  /** @throws DomainError users.no_such_group */
  async members(id: string, limit: number, cursor?: string): Promise<Page<GroupMember>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    await this.get(id);
    return pageOf(await this.transactions.read((tx) => this.groups.findMembers(tx, id, limit + 1, after)), limit);
  }

  /**
   * Chooses a group of Entra ID, with the members that it has now. They get nothing by it until a role is assigned to it.
   *
   * @throws DomainError tenants.not_found, users.group_unknown_to_entra, users.group_unreadable, users.group_already_chosen
   */
  async choose(actor: Actor, tenantId: string, objectId: string): Promise<Group> {
    const read = await this.readGroup(tenantId, objectId);
    return this.transactions.run(async (tx) => {
      await this.rules.syncing(tx);
      const id = await this.groups.insert(tx, tenantId, objectId, read);
      await this.groups.addMissing(tx, id, read.memberIds);
      await this.audit.record(tx, actor, {
        action: GROUP_ACTIONS['users.group.created'],
        tenantId,
        target: { type: 'group', id, displayName: read.displayName },
        outcome: 'success',
        after: { objectId, displayName: read.displayName, memberCount: read.memberIds.length },
      });
      const created = await this.groups.find(tx, id);
      if (created === null) throw groupsError('users.no_such_group');
      return created;
    });
  }

  /** @throws DomainError users.no_such_group, users.group_provisioned, users.group_in_use */
  async letGo(actor: Actor, id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.rules.syncing(tx);
      const group = await this.groups.lock(tx, id);
      if (group === null) throw groupsError('users.no_such_group');
      if (group.source !== 'entra') throw groupsError('users.group_provisioned');
      if (await this.groups.hasRoles(tx, id)) throw groupsError('users.group_in_use');
      await this.groups.delete(tx, id);
      const { tenantId, displayName, objectId, memberCount } = group;
      await this.audit.record(tx, actor, {
        action: GROUP_ACTIONS['users.group.deleted'],
        tenantId,
        target: { type: 'group', id, displayName },
        outcome: 'success',
        before: { objectId, displayName, memberCount },
      });
    });
  }

  /** Asks Entra ID now. @throws DomainError users.no_such_group, users.group_provisioned, users.group_unreadable */
  async sync(actor: Actor, id: string): Promise<Group> {
    const group = await this.get(id);
    const { objectId } = group;
    if (objectId === null) throw groupsError('users.group_provisioned');
    const fault = await this.withPatience((signal) => this.syncs.sync(actor, { ...group, objectId }, signal));
    if (fault !== null) throw groupsError('users.group_unreadable', { detail: fault.message });
    return this.get(id);
  }

  private async readGroup(tenantId: string, objectId: string): Promise<EntraGroup> {
    try {
      return await this.withPatience((signal) => this.syncs.read(tenantId, objectId, signal));
    } catch (error) {
      if (!(error instanceof GraphFault)) throw error;
      if (error.kind === 'not_found') throw groupsError('users.group_unknown_to_entra');
      throw groupsError('users.group_unreadable', { detail: error.message });
    }
  }

  /** @throws DomainError users.group_unreadable when it takes too long */
  private async withPatience<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await ask(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw groupsError('users.group_unreadable', { detail: 'Entra ID took too long to answer.' });
    }
  }
}
