import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { GroupMembershipRules } from './group-membership-rules.service.js';
import { GROUP_ACTIONS } from './groups.events.js';
import { GroupsRepository } from './groups.repository.js';
import type { EntraGroup, Group } from './groups.types.js';
import { readEntraGroup } from './read-entra-group.js';

/** Said once it is kept; said again, the group is gone. */
const UNKNOWN = 'Entra ID knows no such group.';
/** Object ids of members that one record names; the number is always there. */
const RECORDED_MEMBERS = 100;

/** Runs first in the transaction that writes: throws when what was read is out of date. */
export type SyncFence = (tx: Transaction) => Promise<void>;
const NO_FENCE: SyncFence = async () => undefined;

/** Takes over who is in a group of Entra ID. Only a complete answer counts; any other changes nobody. */
@Injectable()
export class GroupSync {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly groups: GroupsRepository,
    private readonly tenants: TenantsService,
    private readonly graphs: GraphClients,
    private readonly rules: GroupMembershipRules,
    private readonly audit: AuditService,
  ) {}

  /**
   * @param tenantId tenants.id
   * @throws GraphFault, DomainError tenants.not_found
   */
  async read(tenantId: string, objectId: string, signal: AbortSignal): Promise<EntraGroup> {
    const { entraTenantId } = await this.tenants.get(tenantId);
    const askedAt = await this.transactions.read((tx) => this.groups.now(tx));
    return { ...(await readEntraGroup(this.graphs.of(entraTenantId), objectId, signal)), askedAt };
  }

  /**
   * Reads the group and writes the differences, in one transaction. A group that Graph doesn't know twice in a row has nobody in it.
   *
   * @param fence for a run of a job
   * @returns null when it was read; else what was in the way, which the group says from now on too
   */
  async sync(
    actor: Actor,
    group: Group & { objectId: string },
    signal: AbortSignal,
    fence: SyncFence = NO_FENCE,
  ): Promise<GraphFault | null> {
    try {
      const read = await this.read(group.tenantId, group.objectId, signal);
      await this.transactions.run(async (tx) => this.apply(tx, actor, group.id, read, fence));
      return null;
    } catch (error) {
      if (!(error instanceof GraphFault)) throw error;
      await this.transactions.run(async (tx) => this.applyFault(tx, actor, group.id, error, fence));
      return error;
    }
  }

  private async apply(tx: Transaction, actor: Actor, id: string, read: EntraGroup, fence: SyncFence): Promise<void> {
    await this.rules.syncing(tx);
    await fence(tx);
    const before = await this.groups.lock(tx, id);
    // Let go meanwhile, or a later question has been answered already.
    if (before === null || (before.syncedAt !== null && before.syncedAt > read.askedAt)) return;
    const removed = await this.groups.removeOthers(tx, id, read.memberIds);
    const added = await this.groups.addMissing(tx, id, read.memberIds);
    await this.groups.noteSync(tx, id, read.displayName, read.askedAt);
    if (removed.length === 0 && added.length === 0) return;
    await this.audit.record(tx, actor, {
      action: GROUP_ACTIONS['users.group.synced'],
      tenantId: before.tenantId,
      target: { type: 'group', id, displayName: read.displayName },
      outcome: 'success',
      before: { memberCount: before.memberCount },
      after: {
        memberCount: read.memberIds.length,
        added: added.slice(0, RECORDED_MEMBERS),
        addedCount: added.length,
        removed: removed.slice(0, RECORDED_MEMBERS),
        removedCount: removed.length,
      },
    });
    // Who leaves a group that denies something may do more afterwards.
    const changed = await this.groups.findUserIds(tx, before.tenantId, [...added, ...removed]);
    await this.rules.synced(tx, actor, id, changed);
  }

  private async applyFault(
    tx: Transaction,
    actor: Actor,
    id: string,
    fault: GraphFault,
    fence: SyncFence,
  ): Promise<void> {
    if (fault.kind !== 'not_found') {
      await fence(tx);
      return this.groups.noteFailure(tx, id, fault.message);
    }
    const group = await this.groups.find(tx, id);
    if (group?.syncFailure === UNKNOWN) {
      const askedAt = await this.groups.now(tx);
      await this.apply(tx, actor, id, { displayName: group.displayName, memberIds: [], askedAt }, fence);
    } else await fence(tx);
    await this.groups.noteFailure(tx, id, UNKNOWN);
  }
}
