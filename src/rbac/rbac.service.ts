import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { UserStatusRules } from '../users/user-status-rules.service.js';
import { UsersService } from '../users/users.service.js';
import type { UserAccount } from '../users/users.types.js';
import { AccessDecisions } from './access-decisions.service.js';
import { rbacError } from './rbac.errors.js';
import { RBAC_ACTIONS } from './rbac.events.js';
import { RbacRepository } from './rbac.repository.js';
import type { Assignment, AssignmentFilter, NewAssignment } from './rbac.types.js';
import { ROOT_SCOPE } from './scope.js';

const ADMINISTRATOR = 'administrator';

/** Gives and takes roles. Every path that changes what somebody may do goes through assertMayConfer. */
@Injectable()
export class RbacService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rbac: RbacRepository,
    private readonly decisions: AccessDecisions,
    private readonly users: UsersService,
    private readonly userStatusRules: UserStatusRules,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.userStatusRules.beforeDisabling(async (tx, user) => {
      await this.rbac.lockChanges(tx);
      const administrators = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
      if (administrators.length === 1 && administrators[0] === user.id) throw lastAdministrator(user);
    });
  }

  async listAssignments(filter: AssignmentFilter, limit: number, cursor?: string): Promise<Page<Assignment>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.rbac.findAssignments(tx, filter, limit + 1, after)), limit);
  }

  /** @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up, rbac.last_administrator, rbac.invalid_period */
  assign(actor: Actor, assignment: NewAssignment): Promise<Assignment> {
    return this.transactions.run(async (tx) => {
      await this.rbac.lockChanges(tx);
      const user = await this.users.find(tx, assignment.userId);
      if (user === null) throw rbacError('rbac.unknown_subject');
      if ((await this.rbac.findRole(tx, assignment.roleId)) === null) throw rbacError('rbac.unknown_role');
      await this.assertMayConfer(tx, actor, assignment.roleId);
      return this.keepingAnAdministrator(tx, user, () => this.insert(tx, actor, user, assignment));
    });
  }

  /** @throws DomainError rbac.assignment_not_found, rbac.no_way_up, rbac.last_administrator */
  async unassign(actor: Actor, id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.rbac.lockChanges(tx);
      const assignment = await this.rbac.findAssignment(tx, id);
      if (assignment === null) throw rbacError('rbac.assignment_not_found');
      await this.assertMayConfer(tx, actor, assignment.roleId);
      const user = await this.users.find(tx, assignment.userId);
      await this.keepingAnAdministrator(tx, user, () => this.rbac.deleteAssignment(tx, id));
      await this.audit.record(tx, actor, {
        action: RBAC_ACTIONS['rbac.assignment.deleted'],
        tenantId: user?.tenantId ?? null,
        target: { type: 'assignment', id, displayName: assignment.roleName },
        outcome: 'success',
        before: stateOf(assignment, user),
      });
    });
  }

  /**
   * Gives a role everywhere and without an end; does nothing when the user already has it so.
   *
   * @returns whether anything changed
   * @throws DomainError rbac.unknown_subject, rbac.unknown_role, rbac.no_way_up
   */
  async grantRole(tx: Transaction, actor: Actor, userId: string, roleName: string, reason: string): Promise<boolean> {
    await this.rbac.lockChanges(tx);
    const user = await this.users.find(tx, userId);
    if (user === null) throw rbacError('rbac.unknown_subject');
    const role = await this.rbac.findRoleByName(tx, roleName);
    if (role === null) throw rbacError('rbac.unknown_role', { detail: `There is no role ${roleName}.` });
    if (await this.rbac.hasPermanentAllow(tx, userId, role.id)) return false;
    await this.assertMayConfer(tx, actor, role.id);
    await this.insert(tx, actor, user, {
      userId,
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
      const account = await this.users.findNamed(tx, user);
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

  /**
   * The one function that says whether an actor may change somebody's access by this role: what the role holds, the actor
   * must hold. It counts effective permissions, not names. Taking is refused like giving, so that nobody can clear away
   * those above them.
   *
   * @throws DomainError rbac.no_way_up
   */
  private async assertMayConfer(tx: Transaction, actor: Actor, roleId: string): Promise<void> {
    if (actor.type === 'system') return;
    const held = await this.decisions.permissionsWithin(tx, actor.id);
    const missing = (await this.rbac.findRolePermissions(tx, roleId)).filter((permission) => !held.has(permission));
    if (missing.length > 0) {
      throw rbacError('rbac.no_way_up', { detail: `The role holds what you do not: ${missing.join(', ')}.` });
    }
  }

  /** Runs a change under the lock; a change that takes away the last administrator rolls back. */
  private async keepingAnAdministrator<T>(
    tx: Transaction,
    user: UserAccount | null,
    change: () => Promise<T>,
  ): Promise<T> {
    const before = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
    const result = await change();
    const after = await this.rbac.findStandingHolders(tx, ADMINISTRATOR);
    // An installation that has no administrator yet must stay changeable, or it could never get one.
    if (before.length > 0 && after.length === 0) throw lastAdministrator(user);
    return result;
  }

  private async insert(
    tx: Transaction,
    actor: Actor,
    user: UserAccount,
    assignment: NewAssignment,
  ): Promise<Assignment> {
    const id = await this.rbac.insertAssignment(tx, assignment, { type: actor.type, id: actor.id });
    const created = await this.rbac.findAssignment(tx, id);
    if (created === null) throw rbacError('rbac.assignment_not_found');
    await this.audit.record(tx, actor, {
      action: RBAC_ACTIONS['rbac.assignment.created'],
      tenantId: user.tenantId,
      target: { type: 'assignment', id, displayName: created.roleName },
      outcome: 'success',
      reason: created.reason,
      after: stateOf(created, user),
    });
    return created;
  }
}

function lastAdministrator(user: UserAccount | null) {
  const name = user?.displayName ?? 'This user';
  return rbacError('rbac.last_administrator', {
    detail: `${name} is the last active administrator without an end date. Make somebody else one first.`,
  });
}

function stateOf(assignment: Assignment, user: UserAccount | null): JsonObject {
  return {
    userId: assignment.userId,
    userDisplayName: user?.displayName ?? null,
    role: assignment.roleName,
    scope: assignment.scope,
    effect: assignment.effect,
    validFrom: assignment.validFrom.toISOString(),
    validUntil: assignment.validUntil?.toISOString() ?? null,
  };
}
