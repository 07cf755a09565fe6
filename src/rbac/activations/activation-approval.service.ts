import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { isAllowed } from '../decisions/evaluate-subject.js';
import { rbacError } from '../rbac.errors.js';
import { activationEntry } from './activation-record.js';
import { activationError } from './activations.errors.js';
import { ActivationsRepository } from './activations.repository.js';
import { ActivationsService } from './activations.service.js';
import type { Activation } from './activations.types.js';

/**
 * Another person's word on an activation. It confirms the need and gives nothing of the approver's own: the role comes on the
 * authority of whoever made the eligible assignment, so that `access:approve` on the scope is enough.
 */
@Injectable()
export class ActivationApproval {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly service: ActivationsService,
    private readonly activations: ActivationsRepository,
    private readonly assignments: AssignmentsService,
    private readonly facts: AccessFactsRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Begins the activation. Everything is asked again: what was so when it was requested need not be so any more.
   *
   * @throws DomainError rbac.activation_not_found, access.denied, rbac.own_activation, rbac.activation_over, rbac.not_eligible,
   *   rbac.separation_violated
   */
  approve(actor: CallerActor, id: string, reason: string): Promise<Activation> {
    return this.decide(actor, id, 'approved', reason);
  }

  /** @throws DomainError rbac.activation_not_found, access.denied, rbac.own_activation, rbac.activation_over */
  deny(actor: CallerActor, id: string, reason: string): Promise<Activation> {
    return this.decide(actor, id, 'denied', reason);
  }

  private decide(actor: CallerActor, id: string, verdict: 'approved' | 'denied', reason: string): Promise<Activation> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const asked = await this.service.find(tx, id);
      await this.assertMayDecide(tx, actor, asked);
      if (!(await this.activations.decide(tx, id, verdict, { type: actor.type, id: actor.id, reason }))) {
        const { status } = await this.service.find(tx, id);
        throw activationError('rbac.activation_over', { detail: `The activation is ${status}.` });
      }
      if (verdict === 'approved') await this.begin(tx, actor, asked, reason);
      const decided = await this.service.find(tx, id);
      await this.audit.record(tx, actor, activationEntry(verdict, decided, reason));
      return decided;
    });
  }

  private async begin(tx: Transaction, actor: CallerActor, asked: Activation, reason: string): Promise<void> {
    const { id, eligibleAssignmentId, userId, durationSeconds } = asked;
    if (eligibleAssignmentId === null) throw activationError('rbac.not_eligible');
    const usable = await this.service.usable(tx, userId, eligibleAssignmentId).catch((error: unknown) => {
      // The caller named an activation; that it has lost its ground is a conflict and no unknown id.
      if (error instanceof Error && 'code' in error && error.code === 'rbac.eligible_assignment_not_found') {
        throw activationError('rbac.not_eligible', { detail: 'The user is no longer a member of the eligible group.' });
      }
      throw error;
    });
    const seconds = Math.min(durationSeconds, usable.maxSeconds);
    await this.service.begin(tx, actor, id, usable.eligible, seconds, `${asked.reason} (approved: ${reason})`);
  }

  /** By the rows under the lock: an approver whose permission was taken a moment ago has none. */
  private async assertMayDecide(tx: Transaction, actor: CallerActor, asked: Activation): Promise<void> {
    // Whoever made a program, or its credential, could decide through it on what they asked for themselves.
    if (actor.type !== 'user') throw rbacError('access.denied', { detail: 'Only people decide on activations.' });
    const approver = await this.facts.loadSubject(tx, actor.id);
    const isWithinScopes = actor.scopes === null || actor.scopes.includes('access:approve');
    const roles = await this.facts.loadRoles(tx);
    const now = await this.activations.now(tx);
    if (!isWithinScopes || approver === null || !isAllowed(approver, roles, 'access:approve', asked.scope, now)) {
      throw rbacError('access.denied', { detail: `This needs the permission access:approve on ${asked.scope}.` });
    }
    if (actor.id === asked.userId) {
      throw activationError('rbac.own_activation', { detail: 'Somebody else has to decide.' });
    }
  }
}
