import { Injectable } from '@nestjs/common';
import { type Actor, systemActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import type { UserAccount } from '../../users/users.types.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import { AccessSubjects } from '../authority/access-subjects.service.js';
import { ADMINISTRATOR, LastAdministrator } from '../authority/last-administrator.service.js';
import { rbacError } from '../rbac.errors.js';
import { RBAC_ACTIONS } from '../rbac.events.js';
import type { AccessSubject, Assignment, AssignmentFilter, NewAssignment } from '../rbac.types.js';
import { ROOT_SCOPE } from '../scope.js';
import { AssignmentsRepository } from './assignments.repository.js';

/** Gives and takes roles. Every path that changes what somebody may do goes through AccessAuthority. */
@Injectable()
export class AssignmentsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rbac: AssignmentsRepository,
    private readonly authority: AccessAuthority,
    private readonly lastAdministrator: LastAdministrator,
    private readonly subjects: AccessSubjects,
    private readonly audit: AuditService,
  ) {}

  async listAssignments(filter: AssignmentFilter, limit: number, cursor?: string): Promise<Page<Assignment>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.rbac.findAssignments(tx, filter, limit + 1, after)), limit);
  }

  /** @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up, rbac.last_administrator, rbac.invalid_period */
  assign(actor: Actor, assignment: NewAssignment): Promise<Assignment> {
    return this.transactions.run(async (tx) => {
      await this.rbac.lockChanges(tx);
      const subject = await this.subjects.find(tx, assignment.subjectId);
      if (subject === null) throw rbacError('rbac.unknown_subject');
      if ((await this.rbac.findRole(tx, assignment.roleId)) === null) throw rbacError('rbac.unknown_role');
      await this.authority.assertMayConfer(tx, actor, assignment.roleId);
      return this.lastAdministrator.keptBy(tx, subject.displayName, () => this.insert(tx, actor, subject, assignment));
    });
  }

  /** @throws DomainError rbac.assignment_not_found, rbac.no_way_up, rbac.last_administrator */
  async unassign(actor: Actor, id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.rbac.lockChanges(tx);
      const assignment = await this.rbac.findAssignment(tx, id);
      if (assignment === null) throw rbacError('rbac.assignment_not_found');
      await this.authority.assertMayConfer(tx, actor, assignment.roleId);
      const subject = await this.subjects.find(tx, assignment.subject.id);
      await this.lastAdministrator.keptBy(tx, subject?.displayName, () => this.rbac.deleteAssignment(tx, id));
      await this.audit.record(tx, actor, {
        action: RBAC_ACTIONS['rbac.assignment.deleted'],
        tenantId: subject?.tenantId ?? null,
        target: { type: 'assignment', id, displayName: assignment.roleName },
        outcome: 'success',
        before: stateOf(assignment, subject),
      });
    });
  }

  /**
   * For a transaction that changes an account and then gives it a role: everybody takes this lock before a row of users, and so
   * no two wait for each other.
   */
  lockChanges(tx: Transaction): Promise<void> {
    return this.rbac.lockChanges(tx);
  }

  /**
   * Gives a role everywhere and without an end; does nothing when the user already has it so.
   *
   * @returns whether anything changed
   * @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up
   */
  async grantRole(tx: Transaction, actor: Actor, userId: string, roleName: string, reason: string): Promise<boolean> {
    await this.rbac.lockChanges(tx);
    const subject = await this.subjects.find(tx, userId);
    if (subject?.type !== 'user') throw rbacError('rbac.unknown_subject');
    const role = await this.rbac.findRoleByName(tx, roleName);
    if (role === null) throw rbacError('rbac.unknown_role', { detail: `There is no role ${roleName}.` });
    if (await this.rbac.hasPermanentAllow(tx, userId, role.id)) return false;
    await this.authority.assertMayConfer(tx, actor, role.id);
    await this.insert(tx, actor, subject, {
      roleId: role.id,
      scope: ROOT_SCOPE,
      effect: 'allow',
      validFrom: null,
      validUntil: null,
      reason,
    });
    return true;
  }

  /**
   * For whoever has a shell on the host: the way back in when no administrator is left.
   *
   * @param user an id, an Entra object id or a user principal name of somebody who has signed in before
   * @throws DomainError users.not_found, rbac.unknown_role
   */
  grantRoleByOperator(
    user: string,
    roleName: string = ADMINISTRATOR,
  ): Promise<{ user: UserAccount; granted: boolean }> {
    return this.transactions.run(async (tx) => {
      const account = await this.subjects.findUserNamed(tx, user);
      const granted = await this.grantRole(
        tx,
        systemActor('operator'),
        account.id,
        roleName,
        'granted on the command line',
      );
      return { user: account, granted };
    });
  }

  private async insert(
    tx: Transaction,
    actor: Actor,
    subject: AccessSubject,
    assignment: Omit<NewAssignment, 'subjectId'>,
  ): Promise<Assignment> {
    const id = await this.rbac.insertAssignment(tx, subject, assignment, { type: actor.type, id: actor.id });
    const created = await this.rbac.findAssignment(tx, id);
    if (created === null) throw rbacError('rbac.assignment_not_found');
    await this.audit.record(tx, actor, {
      action: RBAC_ACTIONS['rbac.assignment.created'],
      tenantId: subject.tenantId,
      target: { type: 'assignment', id, displayName: created.roleName },
      outcome: 'success',
      reason: created.reason,
      after: stateOf(created, subject),
    });
    return created;
  }
}

function stateOf(assignment: Assignment, subject: AccessSubject | null): JsonObject {
  return {
    subjectType: assignment.subject.type,
    subject: assignment.subject.id,
    subjectDisplayName: subject?.displayName ?? null,
    role: assignment.roleName,
    scope: assignment.scope,
    effect: assignment.effect,
    validFrom: assignment.validFrom.toISOString(),
    validUntil: assignment.validUntil?.toISOString() ?? null,
  };
}
