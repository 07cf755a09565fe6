import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { ActivationEnds } from '../activations/activation-ends.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import { DeletedHolderAccess } from './deleted-holder-access.service.js';

/** Takes what a user holds, and what they activated by their groups, before the user is deleted. */
@Injectable()
export class DeletedUserAccess implements OnModuleInit {
  constructor(
    private readonly held: DeletedHolderAccess,
    private readonly assignments: AssignmentsService,
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
    await this.held.take(tx, actor, userId, 'the user was deleted');
  }
}
