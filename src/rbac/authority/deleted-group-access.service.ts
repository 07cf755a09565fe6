import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { DeletedHolderAccess } from './deleted-holder-access.service.js';
import { IndirectAccess } from './indirect-access.service.js';

/**
 * Takes what a group holds before the group is deleted. Separation of duties is asked once, after all of it: what a member holds
 * elsewhere may stand against a denial that goes.
 */
@Injectable()
export class DeletedGroupAccess implements OnModuleInit {
  constructor(
    private readonly held: DeletedHolderAccess,
    private readonly indirectAccess: IndirectAccess,
    private readonly membershipRules: GroupMembershipRules,
  ) {}

  onModuleInit(): void {
    this.membershipRules.beforeDeleting((tx, actor, groupId) => this.take(tx, actor, groupId));
  }

  /** @throws DomainError rbac.no_way_up, rbac.last_administrator */
  private async take(tx: Transaction, actor: Actor, groupId: string): Promise<void> {
    // Takes the lock of changes first.
    await this.indirectAccess.assertMayEmpty(tx, actor, groupId);
    await this.held.take(tx, actor, groupId, 'the group was deleted');
  }
}
