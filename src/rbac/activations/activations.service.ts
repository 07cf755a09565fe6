import { Injectable } from '@nestjs/common';
import type { Actor, CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { ActivationEnds } from './activation-ends.service.js';
import { activationEntry, stateOf } from './activation-record.js';
import { activationError } from './activations.errors.js';
import { ActivationsRepository } from './activations.repository.js';
import {
  type Activation,
  type ActivationFilter,
  type ActivationRequest,
  type EligibleAssignment,
  MIN_ACTIVATION_SECONDS,
} from './activations.types.js';
import { EligibleAssignmentsRepository } from './eligible-assignments.repository.js';

/** A request that nobody has decided on by then lapses. */
export const APPROVAL_WAIT_SECONDS = 24 * 3600;

/**
 * Roles activated for a limited time, with a reason, by those who are eligible.
 *
 * AccessAuthority is not asked: an activation gives on the authority of whoever made the eligible assignment, who was judged then as
 * if it were assigned for all its time. It is no way up, since an activation ends with the eligible assignment at the latest. The
 * separation of duties is asked when a role begins to be held.
 */
@Injectable()
export class ActivationsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly activations: ActivationsRepository,
    private readonly eligible: EligibleAssignmentsRepository,
    private readonly assignments: AssignmentsService,
    private readonly authority: AccessAuthority,
    private readonly decisions: AccessDecisions,
    private readonly ends: ActivationEnds,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  /** One's own, and others' on scopes where the caller holds `access:read` or `access:approve`. */
  async list(actor: CallerActor, filter: ActivationFilter, limit: number, cursor?: string): Promise<Page<Activation>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const reading = await this.decisions.scopesWhere(actor, 'access:read');
    const approving = await this.decisions.scopesWhere(actor, 'access:approve');
    const reader = { id: actor.id, reading, approving };
    return pageOf(
      await this.transactions.read((tx) => this.activations.findPage(tx, reader, filter, limit + 1, after)),
      limit,
    );
  }

  /** @throws DomainError rbac.activation_not_found, also for those who may not see it */
  async get(actor: CallerActor, id: string): Promise<Activation> {
    const activation = await this.transactions.read((tx) => this.find(tx, id));
    if (activation.userId === actor.id) return activation;
    for (const permission of ['access:read', 'access:approve'] as const) {
      if (await this.decisions.may(actor, permission, activation.scope)) return activation;
    }
    throw activationError('rbac.activation_not_found');
  }

  /**
   * Activates a role of the caller's, or asks for it where the role needs approval.
   *
   * @throws DomainError rbac.eligible_assignment_not_found, rbac.not_eligible, rbac.activation_too_long, rbac.already_activated,
   *   rbac.separation_violated
   */
  request(actor: CallerActor, request: ActivationRequest): Promise<Activation> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const { eligible, maxSeconds } = await this.usable(tx, actor.id, request.eligibleAssignmentId);
      const durationSeconds = request.durationSeconds ?? maxSeconds;
      if (durationSeconds > maxSeconds) {
        throw activationError('rbac.activation_too_long', {
          detail: `At most ${maxSeconds} seconds are left or allowed.`,
        });
      }
      if ((await this.activations.findOpen(tx, eligible.id, actor.id)).length > 0) {
        throw activationError('rbac.already_activated');
      }
      const { roleId, scope } = eligible;
      const { reason } = request;
      const id = await this.activations.insertPending(
        tx,
        { eligibleAssignmentId: eligible.id, userId: actor.id, roleId, scope, durationSeconds, reason },
        APPROVAL_WAIT_SECONDS,
      );
      if (!eligible.activationNeedsApproval) {
        const taken = await this.activations.decide(tx, id, 'approved', {
          type: actor.type,
          id: actor.id,
          reason: null,
        });
        if (!taken) throw activationError('rbac.not_eligible');
        await this.begin(tx, actor, id, eligible, durationSeconds, reason);
      }
      const activation = await this.find(tx, id);
      await this.audit.record(tx, actor, activationEntry('requested', activation, reason));
      if (activation.status === 'pending') {
        await this.outbox.append(tx, {
          type: 'rbac.activation.requested',
          tenantId: activation.tenantId,
          data: { id, reason, ...stateOf(activation) },
        });
      }
      return activation;
    });
  }

  /**
   * Cancels a request or ends an activation: one's own, or another's by whoever could take the role away.
   *
   * @throws DomainError rbac.activation_not_found, rbac.activation_over, rbac.no_way_up
   */
  async end(actor: CallerActor, id: string): Promise<void> {
    // Others' existence is told only to those who may see it.
    await this.get(actor, id);
    await this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const activation = await this.find(tx, id);
      if (activation.userId !== actor.id) {
        const { roleId, scope } = activation;
        await this.authority.assertMayConfer(tx, actor, {
          what: 'role',
          deltas: await this.assignments.deltasOf(tx, { roleId, scope, effect: 'allow', validUntil: null }, false),
        });
      }
      await this.ends.end(tx, actor, activation, null);
    });
  }

  /**
   * An eligible assignment that the user may use at this moment.
   *
   * @returns with the most seconds that an activation may last
   * @throws DomainError rbac.eligible_assignment_not_found, rbac.not_eligible
   */
  async usable(
    tx: Transaction,
    userId: string,
    eligibleAssignmentId: string,
  ): Promise<{ eligible: EligibleAssignment; maxSeconds: number }> {
    const found = await this.eligible.findUsable(tx, userId, eligibleAssignmentId);
    if (found === null) throw activationError('rbac.eligible_assignment_not_found');
    const { eligible, hasBegun, secondsLeft, isActive } = found;
    if (!isActive) throw activationError('rbac.not_eligible', { detail: 'The user is disabled.' });
    if (!hasBegun) throw activationError('rbac.not_eligible', { detail: 'The eligible assignment has not begun.' });
    const maxSeconds = Math.min(eligible.activationMaxSeconds, secondsLeft ?? Number.POSITIVE_INFINITY);
    if (maxSeconds < MIN_ACTIVATION_SECONDS) {
      throw activationError('rbac.not_eligible', {
        detail: `The eligible assignment is over, or less than ${MIN_ACTIVATION_SECONDS} seconds of it are left.`,
      });
    }
    return { eligible, maxSeconds };
  }

  /** Gives the role of an approved activation for its time. @throws DomainError rbac.separation_violated */
  async begin(
    tx: Transaction,
    actor: Actor,
    id: string,
    { id: eligibleId, roleId, scope }: EligibleAssignment,
    durationSeconds: number,
    reason: string,
  ): Promise<void> {
    const { userId } = await this.find(tx, id);
    const validUntil = await this.activations.endAfter(tx, eligibleId, durationSeconds);
    const assignment = await this.assignments.insertWithin(
      tx,
      actor,
      { type: 'user', id: userId },
      { roleId, scope, effect: 'allow', validFrom: null, validUntil, reason },
    );
    await this.activations.begin(tx, id, assignment.id, validUntil, durationSeconds);
  }

  /** @throws DomainError rbac.activation_not_found */
  async find(tx: Transaction, id: string): Promise<Activation> {
    const activation = await this.activations.find(tx, id);
    if (activation === null) throw activationError('rbac.activation_not_found');
    return activation;
  }
}
