import { Injectable } from '@nestjs/common';
import { type Actor, type CallerActor, type SystemActor, systemActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import type { UserAccount } from '../../users/users.types.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import type { AccessDelta } from '../authority/access-change.js';
import { AccessSubjects } from '../authority/access-subjects.service.js';
import { ADMINISTRATOR, LastAdministrator } from '../authority/last-administrator.service.js';
import { deltaOf } from '../authority/reach.js';
import { RolePermissions } from '../authority/role-permissions.service.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import { RBAC_ACTIONS } from '../rbac.events.js';
import type {
  AccessSubject,
  Assignment,
  AssignmentContent,
  AssignmentFilter,
  NewAssignment,
  SubjectRef,
} from '../rbac.types.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { ROOT_SCOPE } from '../scope.js';
import { AssignmentLimits } from './assignment-limits.service.js';
import { AssignmentRules } from './assignment-rules.service.js';
import { AssignmentsRepository } from './assignments.repository.js';

/** Gives and takes roles. Every path that changes what somebody may do goes through AccessAuthority. */
@Injectable()
export class AssignmentsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly assignments: AssignmentsRepository,
    private readonly roles: RolesRepository,
    private readonly rolePermissions: RolePermissions,
    private readonly authority: AccessAuthority,
    private readonly lastAdministrator: LastAdministrator,
    private readonly subjects: AccessSubjects,
    private readonly facts: AccessFactsRepository,
    private readonly decisions: AccessDecisions,
    private readonly rules: AssignmentRules,
    private readonly limits: AssignmentLimits,
    private readonly audit: AuditService,
  ) {}

  /** Those on scopes where the caller holds `access:read`. */
  async listAssignments(
    actor: CallerActor,
    filter: AssignmentFilter,
    limit: number,
    cursor?: string,
  ): Promise<Page<Assignment>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const visible = await this.decisions.scopesWhere(actor, 'access:read');
    return pageOf(
      await this.transactions.read((tx) => this.assignments.findAssignments(tx, filter, visible, limit + 1, after)),
      limit,
    );
  }

  /**
   * @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up, rbac.last_administrator, rbac.invalid_period,
   *   rbac.separation_violated, rbac.assignment_exists, rbac.too_many_assignments
   */
  assign(actor: Actor, assignment: NewAssignment): Promise<Assignment> {
    return this.transactions.run(async (tx) => {
      await this.lockChanges(tx);
      const subject = await this.subjects.find(tx, assignment.subjectId);
      if (subject === null) throw rbacError('rbac.unknown_subject');
      if ((await this.roles.find(tx, assignment.roleId)) === null) throw rbacError('rbac.unknown_role');
      await this.authority.assertMayConfer(tx, actor, {
        what: 'role',
        deltas: await this.deltasOf(tx, assignment, true),
      });
      return this.insertWithin(tx, actor, subject, assignment);
    });
  }

  /** @throws DomainError rbac.assignment_not_found, rbac.no_way_up, rbac.last_administrator, rbac.separation_violated */
  async unassign(actor: Actor, id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.lockChanges(tx);
      const assignment = await this.assignments.findAssignment(tx, id);
      if (assignment === null) throw rbacError('rbac.assignment_not_found');
      await this.authority.assertMayConfer(tx, actor, {
        what: 'role',
        deltas: await this.deltasOf(tx, assignment, false),
      });
      await this.removeWithin(tx, actor, id);
    });
  }

  /**
   * For a transaction that changes access, or an account and then its access: everybody takes this lock before a row, and so no two
   * wait for each other.
   */
  lockChanges(tx: Transaction): Promise<void> {
    return this.assignments.lockChanges(tx);
  }

  /** What assigning this changes, or removing it, in the terms of AccessAuthority. @param adding false for removing it */
  async deltasOf(
    tx: Transaction,
    assignment: Pick<NewAssignment, 'roleId' | 'scope' | 'effect' | 'validUntil'>,
    adding: boolean,
  ): Promise<AccessDelta[]> {
    const permissionsOf = await this.rolePermissions.of(tx, [assignment.roleId]);
    return [deltaOf(assignment, permissionsOf(assignment.roleId), adding)];
  }

  /**
   * Assigns, on record, within the transaction of a caller that holds the lock and has asked AccessAuthority. Keeps the last
   * administrator and asks the rules.
   *
   * @param options.wayBackIn by the operator or the environment: what the rules would refuse is done and reported
   * @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.last_administrator, rbac.invalid_period,
   *   rbac.separation_violated, rbac.assignment_exists, rbac.too_many_assignments
   */
  async insertWithin(
    tx: Transaction,
    actor: Actor,
    { id: subjectId }: SubjectRef,
    content: AssignmentContent,
    options: { wayBackIn?: boolean } = {},
  ): Promise<Assignment> {
    const subject = await this.subjects.find(tx, subjectId);
    if (subject === null) throw rbacError('rbac.unknown_subject');
    // The way back in can't be shut by piling up what somebody holds.
    if (options.wayBackIn !== true) await this.limits.assertMayAdd(tx, subject, content);
    const insert = () => this.assignments.insertAssignment(tx, subject, content, { type: actor.type, id: actor.id });
    // Nobody ceases to be administrator by being given something.
    const id =
      content.effect === 'allow'
        ? await insert()
        : await this.lastAdministrator.keptBy(tx, subject.displayName, insert);
    const created = await this.assignments.findAssignment(tx, id);
    if (created === null) throw rbacError('rbac.assignment_not_found');
    await this.audit.record(tx, actor, {
      action: RBAC_ACTIONS['rbac.assignment.created'],
      tenantId: subject.tenantId,
      target: { type: 'assignment', id, displayName: created.roleName },
      outcome: 'success',
      reason: created.reason,
      after: stateOf(created, subject),
    });
    if (created.effect === 'allow') {
      const affected = await this.affectedBy(tx, subject);
      if (options.wayBackIn === true) await this.rules.reportHeld(tx, affected);
      else await this.rules.assertMayHold(tx, actor, affected);
    }
    return created;
  }

  /**
   * Removes, on record, within the transaction of a caller that holds the lock and has asked AccessAuthority.
   *
   * @param reason for the audit trail
   * @returns what was removed
   * @throws DomainError rbac.assignment_not_found, rbac.last_administrator, rbac.separation_violated
   */
  async removeWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    reason?: string,
    options: { holderLeaves?: true } = {},
  ): Promise<Assignment> {
    const removed = await this.assignments.findAssignment(tx, id);
    if (removed === null) throw rbacError('rbac.assignment_not_found');
    const subject = await this.subjects.find(tx, removed.subject.id);
    await this.lastAdministrator.keptBy(tx, subject?.displayName, () => this.assignments.deleteAssignment(tx, id));
    await this.audit.record(tx, actor, {
      action: RBAC_ACTIONS['rbac.assignment.deleted'],
      tenantId: subject?.tenantId ?? null,
      target: { type: 'assignment', id, displayName: removed.roleName },
      outcome: 'success',
      ...(reason === undefined ? {} : { reason }),
      before: stateOf(removed, subject),
    });
    // Who is leaving holds nothing in the end: no constraint may keep them here.
    if (removed.effect === 'deny' && subject !== null && options.holderLeaves !== true) {
      await this.rules.assertMayHold(tx, actor, await this.affectedBy(tx, subject));
    }
    return removed;
  }

  /**
   * The way back in, of the operator and of whom the environment names: gives a role everywhere and without an end. Does nothing,
   * and waits for nobody, when the user already has it so.
   *
   * @returns whether anything changed
   * @throws DomainError rbac.unknown_subject, rbac.unknown_role
   */
  async grantRole(
    tx: Transaction,
    actor: SystemActor,
    userId: string,
    roleName: string,
    reason: string,
  ): Promise<boolean> {
    const role = await this.roles.findByName(tx, roleName);
    if (role === null) throw rbacError('rbac.unknown_role', { detail: `There is no role ${roleName}.` });
    if (await this.assignments.hasPermanentAllow(tx, userId, role.id)) return false;
    await this.lockChanges(tx);
    const subject = await this.subjects.find(tx, userId);
    if (subject?.type !== 'user') throw rbacError('rbac.unknown_subject');
    if (await this.assignments.hasPermanentAllow(tx, userId, role.id)) return false;
    const content: AssignmentContent = {
      roleId: role.id,
      scope: ROOT_SCOPE,
      effect: 'allow',
      validFrom: null,
      validUntil: null,
      reason,
    };
    await this.insertWithin(tx, actor, subject, content, { wayBackIn: true });
    return true;
  }

  /** Whether grantRole has nothing to do; waits for nobody. @param userId users.id */
  async hasGranted(tx: Transaction, userId: string, roleName: string): Promise<boolean> {
    const role = await this.roles.findByName(tx, roleName);
    return role !== null && (await this.assignments.hasPermanentAllow(tx, userId, role.id));
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
      const reason = 'granted on the command line';
      const granted = await this.grantRole(tx, systemActor('operator'), account.id, roleName, reason);
      return { user: account, granted };
    });
  }

  /** Whose access a role of this subject is. */
  private async affectedBy(tx: Transaction, subject: SubjectRef): Promise<string[]> {
    return subject.type === 'group' ? this.facts.subjectsOfGroup(tx, subject.id) : [subject.id];
  }
}

function stateOf(assignment: Assignment, subject: AccessSubject | null): JsonObject {
  return {
    subjectType: assignment.subject.type,
    subject: assignment.subject.id,
    subjectObjectId: subject?.objectId ?? null,
    subjectDisplayName: subject?.displayName ?? null,
    roleId: assignment.roleId,
    role: assignment.roleName,
    scope: assignment.scope,
    effect: assignment.effect,
    validFrom: assignment.validFrom.toISOString(),
    validUntil: assignment.validUntil?.toISOString() ?? null,
  };
}
