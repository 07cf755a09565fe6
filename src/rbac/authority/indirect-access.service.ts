import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { ServiceAccountRules } from '../../users/service-account-rules.service.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import type { AssignmentFacts } from '../decisions/access-facts.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { AccessAuthority } from './access-authority.service.js';
import type { AccessDelta } from './access-change.js';
import { AuthorityRepository } from './authority.repository.js';
import { LastAdministrator } from './last-administrator.service.js';
import { deltaOf, reachOf } from './reach.js';
import { RolePermissions } from './role-permissions.service.js';

/**
 * Who changes access without assigning a role: by getting a program into their hands, by letting somebody back in, by putting people
 * into a group. Each stands behind a permission of its own and is judged by what comes with it. The lock is taken first.
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
  ) {}

  onModuleInit(): void {
    this.serviceAccountRules.beforeControl((tx, actor, accountId) => this.assertMayControl(tx, actor, accountId));
    this.userStatusRules.beforeEnabling((tx, actor, user) => this.assertMayEnable(tx, actor, user.id));
    this.groupMembershipRules.beforeChange((...change) => this.assertMayChangeMembers(...change));
  }

  /** Whoever makes a credential for a program, edits it or owns it can act as it. @throws DomainError rbac.no_way_up */
  private async assertMayControl(tx: Transaction, actor: Actor, accountId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const subject = await this.facts.loadSubject(tx, accountId);
    const deltas = await this.reach(tx, subject?.assignments ?? []);
    await this.authority.assertMayConfer(tx, actor, { what: 'service account', deltas, needs: null });
  }

  /** Enabling gives back everything that was left assigned. @throws DomainError rbac.no_way_up */
  private async assertMayEnable(tx: Transaction, actor: Actor, userId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    const subject = await this.facts.loadSubject(tx, userId);
    if (subject === null) return;
    const eligible = await this.rows.findEligible(tx, userId, subject.groupIds);
    const deltas = await this.reach(tx, [...subject.assignments, ...eligible]);
    await this.authority.assertMayConfer(tx, actor, { what: 'user', deltas, needs: null });
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
    const now = await this.rows.now(tx);
    const all = await this.rows.findOfGroup(tx, groupId);
    const standing = all.filter(({ validUntil }) => validUntil === null || validUntil > now);
    const permissionsOf = await this.rolePermissions.of(
      tx,
      standing.map(({ roleId }) => roleId),
    );
    const changes = [...(added.length > 0 ? [true] : []), ...(removed.length > 0 ? [false] : [])];
    const deltas = standing.flatMap((assignment) => {
      const validUntil = assignment.validUntil === null ? null : new Date(assignment.validUntil);
      const permissions = permissionsOf(assignment.roleId);
      return changes.map((adding) => deltaOf({ ...assignment, validUntil }, permissions, adding));
    });
    await this.authority.assertMayConfer(tx, actor, { what: 'group', deltas, needs: null });
    if (added.length > 0 && (await this.rows.groupDenies(tx, groupId))) {
      await this.lastAdministrator.assertRemainsWithout(tx, added);
    }
  }

  private async reach(tx: Transaction, assignments: readonly AssignmentFacts[]): Promise<AccessDelta[]> {
    const permissionsOf = await this.rolePermissions.of(
      tx,
      assignments.map(({ roleId }) => roleId),
    );
    return reachOf(assignments, permissionsOf, await this.rows.now(tx));
  }
}
