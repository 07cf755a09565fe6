import { Injectable } from '@nestjs/common';
import type { Actor, CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { MAX_ASSIGNMENTS_OF_SUBJECT, tooManyAssignments } from '../assignments/assignment-limits.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import { AccessSubjects } from '../authority/access-subjects.service.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { rbacError } from '../rbac.errors.js';
import type { AccessSubject } from '../rbac.types.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { ActivationEnds } from './activation-ends.service.js';
import { activationError } from './activations.errors.js';
import { ACTIVATION_ACTIONS } from './activations.events.js';
import type { EligibleAssignment, EligibleFilter, NewEligibleAssignment } from './activations.types.js';
import { EligibleAssignmentsRepository } from './eligible-assignments.repository.js';

/**
 * Roles that people may activate for a time. Whoever makes one answers for all that will be activated by it, and so needs the
 * authority for the role as if it were assigned.
 */
@Injectable()
export class EligibleAssignmentsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly eligible: EligibleAssignmentsRepository,
    private readonly assignments: AssignmentsService,
    private readonly roles: RolesRepository,
    private readonly subjects: AccessSubjects,
    private readonly authority: AccessAuthority,
    private readonly decisions: AccessDecisions,
    private readonly ends: ActivationEnds,
    private readonly audit: AuditService,
  ) {}

  /** Those on scopes where the caller holds `access:read`. */
  async list(
    actor: CallerActor,
    filter: EligibleFilter,
    limit: number,
    cursor?: string,
  ): Promise<Page<EligibleAssignment>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const visible = await this.decisions.scopesWhere(actor, 'access:read');
    return pageOf(
      await this.transactions.read((tx) => this.eligible.findPage(tx, filter, visible, limit + 1, after)),
      limit,
    );
  }

  /** What the caller may activate, now or later, themselves or by a group. */
  async listOwn(actor: CallerActor, limit: number, cursor?: string): Promise<Page<EligibleAssignment>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.eligible.findOfUser(tx, actor.id, limit + 1, after)),
      limit,
    );
  }

  /** @throws DomainError rbac.eligible_assignment_not_found, also for those who may not see it */
  async get(actor: CallerActor, id: string): Promise<EligibleAssignment> {
    const found = await this.transactions.read((tx) => this.eligible.find(tx, id));
    if (found === null || !(await this.decisions.may(actor, 'access:read', found.scope))) {
      throw activationError('rbac.eligible_assignment_not_found');
    }
    return found;
  }

  /** @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up, rbac.invalid_period, rbac.too_many_assignments */
  create(actor: Actor, { subjectId, ...content }: NewEligibleAssignment): Promise<EligibleAssignment> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const subject = await this.subjects.find(tx, subjectId);
      // A program can't give a reason, nor wait for an approval.
      if (subject === null || subject.type === 'service_account') {
        throw rbacError('rbac.unknown_subject', { detail: 'Users and groups can be eligible.' });
      }
      if ((await this.roles.find(tx, content.roleId)) === null) throw rbacError('rbac.unknown_role');
      await this.authority.assertMayConfer(tx, actor, {
        what: 'role',
        deltas: await this.assignments.deltasOf(tx, { ...content, effect: 'allow' }, true),
      });
      if ((await this.eligible.countOf(tx, subject.id)) >= MAX_ASSIGNMENTS_OF_SUBJECT) throw tooManyAssignments();
      const id = await this.eligible.insert(tx, subject, content, { type: actor.type, id: actor.id });
      const created = await this.find(tx, id);
      await this.audit.record(tx, actor, {
        action: ACTIVATION_ACTIONS['rbac.eligibility.created'],
        tenantId: subject.tenantId,
        target: { type: 'eligible-assignment', id, displayName: created.roleName },
        outcome: 'success',
        reason: created.reason,
        after: stateOf(created, subject),
      });
      return created;
    });
  }

  /** Ends what was activated by it too. @throws DomainError rbac.eligible_assignment_not_found, rbac.no_way_up */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const eligible = await this.find(tx, id);
      await this.authority.assertMayConfer(tx, actor, {
        what: 'role',
        deltas: await this.assignments.deltasOf(tx, { ...eligible, effect: 'allow' }, false),
      });
      await this.removeWithin(tx, actor, id);
    });
  }

  /**
   * The same within the transaction of a caller that holds AssignmentsService.lockChanges and has asked AccessAuthority.
   *
   * @param reason for the audit trail
   * @throws DomainError rbac.eligible_assignment_not_found
   */
  async removeWithin(tx: Transaction, actor: Actor, id: string, reason?: string): Promise<EligibleAssignment> {
    const removed = await this.find(tx, id);
    const subject = await this.subjects.find(tx, removed.subject.id);
    await this.ends.endOfEligibility(tx, actor, id);
    await this.eligible.delete(tx, id);
    await this.audit.record(tx, actor, {
      action: ACTIVATION_ACTIONS['rbac.eligibility.deleted'],
      tenantId: subject?.tenantId ?? null,
      target: { type: 'eligible-assignment', id, displayName: removed.roleName },
      outcome: 'success',
      ...(reason === undefined ? {} : { reason }),
      before: stateOf(removed, subject),
    });
    return removed;
  }

  private async find(tx: Transaction, id: string): Promise<EligibleAssignment> {
    const eligible = await this.eligible.find(tx, id);
    if (eligible === null) throw activationError('rbac.eligible_assignment_not_found');
    return eligible;
  }
}

function stateOf(eligible: EligibleAssignment, holder: AccessSubject | null): JsonObject {
  const { subject, roleId, roleName, scope, validFrom, validUntil } = eligible;
  return {
    subjectType: subject.type,
    subject: subject.id,
    subjectObjectId: holder?.objectId ?? null,
    roleId,
    role: roleName,
    scope,
    validFrom: validFrom.toISOString(),
    validUntil: validUntil?.toISOString() ?? null,
  };
}
