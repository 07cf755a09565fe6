import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AccountLinkRules } from '../../users/account-link-rules.service.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { ServiceAccountRules } from '../../users/service-account-rules.service.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import type { AssignmentFacts } from '../decisions/access-facts.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import { AccessAuthority } from './access-authority.service.js';
import type { AccessDelta } from './access-change.js';
import { AuthorityRepository } from './authority.repository.js';
import { LastAdministrator } from './last-administrator.service.js';
import { deltaOf, reachOf } from './reach.js';
import { RolePermissions } from './role-permissions.service.js';

/**
 * Who changes access without assigning a role: by getting a program into their hands, by keeping somebody out or letting them back
 * in, by putting people into a group. Each stands behind a permission of its own and is judged by what comes with it. The lock is taken first.
 */
@Injectable()
export class IndirectAccess implements OnModuleInit {
  constructor(
    private readonly assignments: AssignmentsRepository,
    private readonly facts: AccessFactsRepository,
    private readonly authority: AccessAuthority,
    private readonly rows: AuthorityRepository,
    private readonly rolePermissions: RolePermissions,
    private readonly lastAdministrator: LastAdministrator,
    private readonly serviceAccountRules: ServiceAccountRules,
    private readonly userStatusRules: UserStatusRules,
    private readonly groupMembershipRules: GroupMembershipRules,
    private readonly accountLinkRules: AccountLinkRules,
  ) {}

  onModuleInit(): void {
    this.serviceAccountRules.beforeControl((tx, actor, accountId) => this.assertMayControl(tx, actor, accountId));
    this.userStatusRules.beforeTaking((tx, actor, user) => this.assertMayTake(tx, actor, user.id));
    this.userStatusRules.beforeEnabling((tx, actor, user) => this.assertMayEnable(tx, actor, user.id));
    this.groupMembershipRules.beforeChange((...change) => this.assertMayChangeMembers(...change));
    this.groupMembershipRules.beforeRenaming((tx, actor, groupId) => this.assertMayRename(tx, actor, groupId));
    this.accountLinkRules.beforeLinking((tx) => this.assignments.lockChanges(tx));
    // Whoever signs in as the account from now on holds all of it.
    this.accountLinkRules.afterLinking((tx, actor, userId) => this.assertMayEnable(tx, actor, userId));
  }

  /** Whoever makes a credential for a program, edits it or owns it can act as it. @throws DomainError rbac.no_way_up */
  private async assertMayControl(tx: Transaction, actor: Actor, accountId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const subject = await this.facts.loadSubject(tx, accountId);
    // Of whom nothing is known nobody can say that they hold nothing.
    if (subject === null) throw unknownHolder('service account');
    const deltas = await this.reach(tx, subject.assignments);
    await this.authority.assertMayConfer(tx, actor, { what: 'service account', deltas, needs: null });
  }

  /**
   * Disabling and deleting take everything, and everything of the user's programs. One's own is one's own: whoever leaves needs to
   * hold only what their programs do.
   *
   * @throws DomainError rbac.no_way_up
   */
  private async assertMayTake(tx: Transaction, actor: Actor, userId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const own = actor.id === userId ? [] : await this.reach(tx, await this.heldOrEligible(tx, userId));
    const ofPrograms = await this.reach(tx, await this.rows.findAllowedToProgramsOf(tx, userId));
    const deltas = [...own, ...ofPrograms].map((delta) => ({ ...delta, gives: false }));
    await this.authority.assertMayConfer(tx, actor, { what: 'user', deltas, needs: null });
  }

  /** Enabling gives back everything that was left assigned. @throws DomainError rbac.no_way_up */
  private async assertMayEnable(tx: Transaction, actor: Actor, userId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const deltas = await this.reach(tx, await this.heldOrEligible(tx, userId));
    await this.authority.assertMayConfer(tx, actor, { what: 'user', deltas, needs: null });
  }

  private async heldOrEligible(tx: Transaction, userId: string): Promise<AssignmentFacts[]> {
    const subject = await this.facts.loadSubject(tx, userId);
    if (subject === null) throw unknownHolder('user');
    return [...subject.assignments, ...(await this.rows.findEligible(tx, userId, subject.groupIds))];
  }

  /**
   * Whoever joins a group gets what it has and is denied what it is denied; whoever leaves it loses both. What members may activate
   * counts like what they have.
   *
   * @param groupId groups.id
   * @param added users.id
   * @param removed users.id
   * @throws DomainError rbac.no_way_up, rbac.last_administrator
   */
  private async assertMayChangeMembers(
    tx: Transaction,
    actor: Actor,
    groupId: string,
    added: readonly string[],
    removed: readonly string[],
  ): Promise<void> {
    await this.assignments.lockChanges(tx);
    const changes = [...(added.length > 0 ? [true] : []), ...(removed.length > 0 ? [false] : [])];
    await this.assertMayTurn(tx, actor, groupId, changes);
    if (added.length > 0 && (await this.rows.groupDenies(tx, groupId))) {
      await this.lastAdministrator.assertRemainsWithout(tx, added);
    }
  }

  /**
   * Whether the actor may take from members, present and future ones, all that the group has. Asked too when nobody is in it.
   *
   * @param groupId groups.id
   * @throws DomainError rbac.no_way_up
   */
  async assertMayEmpty(tx: Transaction, actor: Actor, groupId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    await this.assertMayTurn(tx, actor, groupId, [false]);
  }

  /** By its name people mean a group when they give it roles: who renames one may give what it has. @throws DomainError rbac.no_way_up */
  private async assertMayRename(tx: Transaction, actor: Actor, groupId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    await this.assertMayTurn(tx, actor, groupId, [true]);
  }

  /** @param changes true: members get what the group has; false: they lose it */
  private async assertMayTurn(
    tx: Transaction,
    actor: Actor,
    groupId: string,
    changes: readonly boolean[],
  ): Promise<void> {
    const now = await this.rows.now(tx);
    const all = await this.rows.findOfGroup(tx, groupId);
    const standing = all.filter(({ validUntil }) => validUntil === null || validUntil > now);
    const permissionsOf = await this.rolePermissions.of(
      tx,
      standing.map(({ roleId }) => roleId),
    );
    const deltas = standing.flatMap((assignment) => {
      const validUntil = assignment.validUntil === null ? null : new Date(assignment.validUntil);
      const permissions = permissionsOf(assignment.roleId);
      return changes.map((adding) => deltaOf({ ...assignment, validUntil }, permissions, adding));
    });
    await this.authority.assertMayConfer(tx, actor, { what: 'group', deltas, needs: null });
  }

  private async reach(tx: Transaction, assignments: readonly AssignmentFacts[]): Promise<AccessDelta[]> {
    const permissionsOf = await this.rolePermissions.of(
      tx,
      assignments.map(({ roleId }) => roleId),
    );
    return reachOf(assignments, permissionsOf, await this.rows.now(tx));
  }
}

function unknownHolder(what: string) {
  return rbacError('rbac.no_way_up', { detail: `What the ${what} holds is not known, so nobody holds as much.` });
}
