import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { EligibleAssignmentsRepository } from '../activations/eligible-assignments.repository.js';
import { EligibleAssignmentsService } from '../activations/eligible-assignments.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { ROOT_SCOPE } from '../scope.js';

const EVERYWHERE = { allowed: [ROOT_SCOPE], denied: [] };
/** Assignments read at once; more than one person or group has. */
const PAGE = 200;

/** Takes what a user or a group holds itself, each piece on record as if it were taken alone, before either is deleted. */
@Injectable()
export class DeletedHolderAccess {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly assignmentRows: AssignmentsRepository,
    private readonly eligible: EligibleAssignmentsService,
    private readonly eligibleRows: EligibleAssignmentsRepository,
  ) {}

  /**
   * In the transaction of a caller that holds AssignmentsService.lockChanges and has asked who may. What was activated goes with what
   * it was activated by. Separation of duties isn't asked: of a group's members the caller asks once, after all of it.
   *
   * @param holderId users.id or groups.id
   * @param reason for the audit trail
   * @throws DomainError rbac.last_administrator
   */
  async take(tx: Transaction, actor: Actor, holderId: string, reason: string): Promise<void> {
    for (;;) {
      const page = await this.eligibleRows.findPage(tx, { subjectId: holderId }, EVERYWHERE, PAGE, null);
      if (page.length === 0) break;
      for (const { id } of page) await this.eligible.removeWithin(tx, actor, id, reason);
    }
    // Denials last: nobody may hold for a moment what they were denied.
    for (const effect of ['allow', 'deny'] as const) {
      for (;;) {
        const page = await this.assignmentRows.findAssignments(tx, { subjectId: holderId, effect }, null, PAGE, null);
        if (page.length === 0) break;
        for (const { id } of page) await this.assignments.removeWithin(tx, actor, id, reason, { holderLeaves: true });
      }
    }
  }
}
