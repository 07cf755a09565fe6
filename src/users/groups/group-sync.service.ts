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
    return this.ask(tenantId, objectId, signal, await this.now());
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
    const askedAt = await this.now();
    try {
      const read = await this.ask(group.tenantId, group.objectId, signal, askedAt);
      await this.transactions.run(async (tx) => this.apply(tx, actor, group.id, read, fence));
      return null;
    } catch (error) {
      if (!(error instanceof GraphFault)) throw error;
      await this.transactions.run(async (tx) => this.applyFault(tx, actor, group.id, { fault: error, askedAt }, fence));
      return error;
    }
  }

  private async ask(tenantId: string, objectId: string, signal: AbortSignal, askedAt: Date): Promise<EntraGroup> {
    const { entraTenantId } = await this.tenants.get(tenantId);
    return { ...(await readEntraGroup(await this.graphs.of(entraTenantId), objectId, signal)), askedAt };
  }

  private now(): Promise<Date> {
    return this.transactions.read((tx) => this.groups.now(tx));
  }

  private async apply(tx: Transaction, actor: Actor, id: string, read: EntraGroup, fence: SyncFence): Promise<void> {
    await this.rules.syncing(tx);
    await fence(tx);
    const before = await this.groups.lock(tx, id);
    // Let go meanwhile, or what was read is out of date.
    if (before === null || isOvertaken(before, read.askedAt)) return;
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
    { fault, askedAt }: { fault: GraphFault; askedAt: Date },
    fence: SyncFence,
  ): Promise<void> {
    const isUnknown = fault.kind === 'not_found';
    if (isUnknown) await this.rules.syncing(tx);
    await fence(tx);
    const group = await this.groups.lock(tx, id);
    if (group === null || isOvertaken(group, askedAt)) return;
    // Two that asked at the same time have heard the same once.
    if (isUnknown && group.syncFailure === UNKNOWN && (await this.groups.wasNotedBy(tx, id, askedAt))) {
      await this.apply(tx, actor, id, { displayName: group.displayName, memberIds: [], askedAt }, NO_FENCE);
    }
    await this.groups.noteFailure(tx, id, isUnknown ? UNKNOWN : fault.message);
  }
}

/** A later question has been answered already. */
function isOvertaken({ syncedAt }: Group, askedAt: Date): boolean {
  return syncedAt !== null && syncedAt > askedAt;
}
