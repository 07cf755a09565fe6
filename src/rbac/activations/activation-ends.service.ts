import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { activationEntry } from './activation-record.js';
import { activationError } from './activations.errors.js';
import { ActivationsRepository } from './activations.repository.js';
import type { Activation } from './activations.types.js';

/** Ends activations before their time, within transactions that hold AssignmentsService.lockChanges. */
@Injectable()
export class ActivationEnds implements OnModuleInit {
  constructor(
    private readonly activations: ActivationsRepository,
    private readonly assignments: AssignmentsService,
    private readonly membershipRules: GroupMembershipRules,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.membershipRules.beforeChange(async (tx, actor, groupId, _added, removed) => {
      await this.assignments.lockChanges(tx);
      if (removed.length > 0) await this.endOfMembership(tx, actor, groupId, removed);
    });
    this.membershipRules.beforeSync((tx) => this.assignments.lockChanges(tx));
    this.membershipRules.afterSync((tx, actor, groupId) => this.endOfMembership(tx, actor, groupId, null));
  }

  /** Cancels a pending one, takes the role of an active one. @throws DomainError rbac.activation_over */
  async end(tx: Transaction, actor: Actor, activation: Activation, reason: string | null): Promise<void> {
    const { id, status, assignmentId } = activation;
    if (status === 'pending') {
      const by = { type: actor.type, id: actor.id, reason };
      if (!(await this.activations.decide(tx, id, 'cancelled', by))) throw activationError('rbac.activation_over');
    } else if (status === 'active' && assignmentId !== null) {
      await this.activations.end(tx, id);
      await this.assignments.removeWithin(tx, actor, assignmentId, reason ?? 'the activation was ended');
    } else {
      throw activationError('rbac.activation_over', { detail: `The activation is ${status}.` });
    }
    const after = (await this.activations.find(tx, id)) ?? activation;
    await this.audit.record(tx, actor, activationEntry(status === 'pending' ? 'cancelled' : 'ended', after, reason));
  }

  /** As `end`, of several; a request that lapsed since it was found is over, which is what is wanted. */
  private async endAll(tx: Transaction, actor: Actor, open: readonly Activation[], reason: string): Promise<void> {
    for (const activation of open) {
      try {
        await this.end(tx, actor, activation, reason);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'rbac.activation_over') throw error;
      }
    }
  }

  /** All that were activated, or asked for, by an eligible assignment that is about to go. */
  async endOfEligibility(tx: Transaction, actor: Actor, eligibleAssignmentId: string): Promise<void> {
    const open = await this.activations.findOpen(tx, eligibleAssignmentId, null);
    await this.endAll(tx, actor, open, 'the eligible assignment was removed');
  }

  /**
   * What was activated by a group ends with the membership.
   *
   * @param userIds those who leave; null: whoever is no member in the rows as they are now
   */
  async endOfMembership(
    tx: Transaction,
    actor: Actor,
    groupId: string,
    userIds: readonly string[] | null,
  ): Promise<void> {
    const open = await this.activations.findOpenOfGroup(tx, groupId, userIds);
    await this.endAll(tx, actor, open, 'the membership of the group ended');
  }
}
