import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { rbacError } from '../rbac.errors.js';
import type { AssignmentContent, SubjectRef } from '../rbac.types.js';
import { AssignmentsRepository } from './assignments.repository.js';

/**
 * Of one user, service account or group, those included that are over or haven't begun; as many may be activated. Each takes time
 * in every decision on the subject that memory doesn't answer.
 */
export const MAX_ASSIGNMENTS_OF_SUBJECT = 1000;

/** Keeps what somebody holds from being piled up. Asked under the lock of AssignmentsService.lockChanges. */
@Injectable()
export class AssignmentLimits {
  constructor(private readonly assignments: AssignmentsRepository) {}

  /** @throws DomainError rbac.assignment_exists, rbac.too_many_assignments */
  async assertMayAdd(tx: Transaction, { id }: SubjectRef, content: AssignmentContent): Promise<void> {
    const { count, same } = await this.assignments.findOthers(tx, id, content);
    if (same !== null) throw rbacError('rbac.assignment_exists', { detail: `It is assignment ${same}.` });
    if (count >= MAX_ASSIGNMENTS_OF_SUBJECT) throw tooManyAssignments();
  }
}

export function tooManyAssignments() {
  return rbacError('rbac.too_many_assignments', {
    detail: `One user, service account or group has at most ${MAX_ASSIGNMENTS_OF_SUBJECT}. Remove those that are over, or put them into a role.`,
  });
}
