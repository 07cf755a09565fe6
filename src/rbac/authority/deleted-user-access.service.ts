import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { ActivationEnds } from '../activations/activation-ends.service.js';
import { EligibleAssignmentsRepository } from '../activations/eligible-assignments.repository.js';
import { EligibleAssignmentsService } from '../activations/eligible-assignments.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import { ROOT_SCOPE } from '../scope.js';

const REASON = 'the user was deleted';
const EVERYWHERE = { allowed: [ROOT_SCOPE], denied: [] };
/** Assignments read at once; more than one person has. */
const PAGE = 200;

/** Takes what a user holds, each piece on record as if it were taken alone, before the user is deleted. */
@Injectable()
export class DeletedUserAccess implements OnModuleInit {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly assignmentRows: AssignmentsRepository,
    private readonly eligible: EligibleAssignmentsService,
    private readonly eligibleRows: EligibleAssignmentsRepository,
    private readonly activationEnds: ActivationEnds,
    private readonly facts: AccessFactsRepository,
    private readonly userStatusRules: UserStatusRules,
  ) {}

  onModuleInit(): void {
    this.userStatusRules.beforeDeleting((tx, actor, { id }) => this.take(tx, actor, id));
  }

  /** What was activated goes before what it was activated by. */
  private async take(tx: Transaction, actor: Actor, userId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const subject = await this.facts.loadSubject(tx, userId);
    if (subject === null) throw rbacError('rbac.unknown_subject');
    for (const groupId of subject.groupIds) {
      await this.activationEnds.endOfMembership(tx, actor, groupId, [userId]);
    }
    for (;;) {
      const page = await this.eligibleRows.findPage(tx, { subjectId: userId }, EVERYWHERE, PAGE, null);
      if (page.length === 0) break;
      for (const { id } of page) await this.eligible.removeWithin(tx, actor, id, REASON);
    }
    // Denials last: nobody may hold for a moment what they were denied.
    await this.takeAssignments(tx, actor, userId, 'allow');
    await this.takeAssignments(tx, actor, userId, 'deny');
  }

  private async takeAssignments(tx: Transaction, actor: Actor, subjectId: string, effect: 'allow' | 'deny') {
    for (;;) {
      const page = await this.assignmentRows.findAssignments(tx, { subjectId, effect }, null, PAGE, null);
      if (page.length === 0) return;
      for (const { id } of page) await this.assignments.removeWithin(tx, actor, id, REASON, { holderLeaves: true });
    }
  }
}
