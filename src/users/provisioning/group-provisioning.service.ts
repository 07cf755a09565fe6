import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { GroupMembershipRules } from '../groups/group-membership-rules.service.js';
import { GroupProvisioningRepository, type ProvisionedGroup } from './group-provisioning.repository.js';
import { provisioningError } from './provisioning.errors.js';
import { PROVISIONING_ACTIONS } from './provisioning.events.js';

/** Ids of members that one record names; the number is always there. */
const RECORDED_MEMBERS = 100;

/** Groups as a directory says that they are. Who is in them decides what they get, so that those above are asked first. */
@Injectable()
export class GroupProvisioning {
  constructor(
    private readonly rows: GroupProvisioningRepository,
    private readonly rules: GroupMembershipRules,
    private readonly audit: AuditService,
  ) {}

  /** @returns groups.id */
  async createWithin(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    displayName: string,
    externalId: string | null,
  ): Promise<string> {
    const id = await this.rows.insert(tx, tenantId, displayName, externalId);
    await this.record(tx, actor, 'users.provisioned-group.created', await this.existing(tx, id), {
      displayName,
      externalId,
    });
    return id;
  }

  /** @throws DomainError users.group_not_found, rbac.no_way_up for another name of a group that has roles */
  async renameWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    displayName: string,
    externalId: string | null,
  ): Promise<void> {
    const before = await this.existing(tx, id);
    if (displayName !== before.displayName) await this.rules.assertMayRename(tx, actor, id);
    await this.rows.rename(tx, id, displayName, externalId);
    await this.record(tx, actor, 'users.provisioned-group.updated', before, { displayName, externalId });
  }

  /**
   * @param added users.id of the group's tenant
   * @param removed users.id
   * @throws DomainError users.group_not_found, rbac.no_way_up, rbac.last_administrator, rbac.separation_violated
   */
  async changeMembersWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    added: readonly string[],
    removed: readonly string[],
  ): Promise<void> {
    if (added.length === 0 && removed.length === 0) return;
    await this.rules.assertMayChange(tx, actor, id, added, removed);
    const group = await this.existing(tx, id);
    if (removed.length > 0) await this.rows.removeMembers(tx, id, removed);
    if (added.length > 0) await this.rows.addMembers(tx, id, added);
    // Who leaves a group that denies something may do more afterwards.
    await this.rules.assertMayStand(tx, actor, id, [...added, ...removed]);
    await this.record(tx, actor, 'users.provisioned-group.members-changed', group, {
      added: added.slice(0, RECORDED_MEMBERS),
      addedCount: added.length,
      removed: removed.slice(0, RECORDED_MEMBERS),
      removedCount: removed.length,
    });
  }

  /**
   * With what the group holds, each piece on record. What its members activated by it ends.
   *
   * @throws DomainError users.group_not_found, rbac.no_way_up, rbac.last_administrator, rbac.separation_violated
   */
  async deleteWithin(tx: Transaction, actor: Actor, id: string): Promise<void> {
    await this.rules.takeAccess(tx, actor, id);
    const group = await this.existing(tx, id);
    const members = await this.rows.memberIds(tx, id);
    await this.rows.remove(tx, id);
    // Who was denied something by the group may do more afterwards.
    await this.rules.assertMayStand(tx, actor, id, members);
    await this.record(tx, actor, 'users.provisioned-group.deleted', group, { memberCount: members.length });
  }

  private async existing(tx: Transaction, id: string): Promise<ProvisionedGroup> {
    const group = await this.rows.find(tx, id);
    if (group === null) throw provisioningError('users.group_not_found');
    return group;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: keyof typeof PROVISIONING_ACTIONS,
    { id, tenantId, displayName, externalId }: ProvisionedGroup,
    after: JsonObject,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: PROVISIONING_ACTIONS[action],
      tenantId,
      target: { type: 'group', id, displayName },
      outcome: 'success',
      before: { displayName, externalId },
      after,
    });
  }
}
