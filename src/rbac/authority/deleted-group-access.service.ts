import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { EligibleAssignmentsRepository } from '../activations/eligible-assignments.repository.js';
import { EligibleAssignmentsService } from '../activations/eligible-assignments.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { ROOT_SCOPE } from '../scope.js';
import { IndirectAccess } from './indirect-access.service.js';

const REASON = 'the group was deleted';
const EVERYWHERE = { allowed: [ROOT_SCOPE], denied: [] };
/** Assignments read at once; more than one group has. */
const PAGE = 200;

/** Takes what a group holds, each piece on record as if it were taken alone, before the group is deleted. */
@Injectable()
export class DeletedGroupAccess implements OnModuleInit {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly assignmentRows: AssignmentsRepository,
    private readonly eligible: EligibleAssignmentsService,
    private readonly eligibleRows: EligibleAssignmentsRepository,
    private readonly indirectAccess: IndirectAccess,
    private readonly membershipRules: GroupMembershipRules,
  ) {}

  onModuleInit(): void {
    this.membershipRules.beforeDeleting((tx, actor, groupId) => this.take(tx, actor, groupId));
  }

  /** @throws DomainError rbac.no_way_up, rbac.last_administrator */
  private async take(tx: Transaction, actor: Actor, groupId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    await this.indirectAccess.assertMayEmpty(tx, actor, groupId);
    for (;;) {
      const page = await this.eligibleRows.findPage(tx, { subjectId: groupId }, EVERYWHERE, PAGE, null);
      if (page.length === 0) break;
      for (const { id } of page) await this.eligible.removeWithin(tx, actor, id, REASON);
    }
    // Denials last: nobody may hold for a moment what they were denied.
    await this.takeAssignments(tx, actor, groupId, 'allow');
    await this.takeAssignments(tx, actor, groupId, 'deny');
  }

  /** Separation of duties is asked once, after all of it: what a member holds elsewhere may stand against a denial that goes. */
  private async takeAssignments(tx: Transaction, actor: Actor, subjectId: string, effect: 'allow' | 'deny') {
    for (;;) {
      const page = await this.assignmentRows.findAssignments(tx, { subjectId, effect }, null, PAGE, null);
      if (page.length === 0) return;
      for (const { id } of page) await this.assignments.removeWithin(tx, actor, id, REASON, { holderLeaves: true });
    }
  }
}
