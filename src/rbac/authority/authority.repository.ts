import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AssignmentFacts } from '../decisions/access-facts.js';
import type { AccessSubject } from '../rbac.types.js';

/** The form of AssignmentFacts, of a row of either table of assignments. */
const FACTS = `a.id, a.role_id AS "roleId", a.scope,
  (extract(epoch FROM a.valid_from) * 1000)::float8 AS "validFrom",
  (extract(epoch FROM a.valid_until) * 1000)::float8 AS "validUntil"`;

/** Roles that bring at least one permission, with those that inherit from them. */
const DENYING = `denying (id) AS (
  SELECT r.id FROM roles r WHERE EXISTS (SELECT 1 FROM role_permissions p WHERE p.role_id = r.id)
  UNION SELECT p.role_id FROM denying d JOIN role_parents p ON p.parent_role_id = d.id
)`;
const IS_STANDING_DENIAL = `d.effect = 'deny' AND (d.valid_until IS NULL OR d.valid_until > now())
  AND d.role_id IN (SELECT id FROM denying)`;

@Injectable()
export class AuthorityRepository {
  /** Unix milliseconds. Not the beginning of the transaction: who waited for the lock sees what began meanwhile as begun. */
  async now(tx: Transaction): Promise<number> {
    const [row]: { now: number }[] = await tx.query(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    return row?.now ?? Number.POSITIVE_INFINITY;
  }

  async findGroup(tx: Transaction, id: string): Promise<Omit<AccessSubject, 'type' | 'active'> | null> {
    const [group]: Omit<AccessSubject, 'type' | 'active'>[] = await tx.query(
      'SELECT id, tenant_id AS "tenantId", object_id AS "objectId", display_name AS "displayName" FROM groups WHERE id = $1',
      [id],
    );
    return group ?? null;
  }

  /** What a group's members have by it: assigned, and eligible as if it were assigned. */
  findOfGroup(tx: Transaction, groupId: string): Promise<AssignmentFacts[]> {
    return tx.query(
      `SELECT ${FACTS}, a.effect, 'group' AS "holderType", a.group_id AS "holderId"
         FROM role_assignments a WHERE a.group_id = $1
       UNION ALL
       SELECT ${FACTS}, 'allow', 'group', a.group_id FROM eligible_assignments a WHERE a.group_id = $1`,
      [groupId],
    );
  }

  /** What a user may activate, also through groups. */
  findEligible(tx: Transaction, userId: string, groupIds: readonly string[]): Promise<AssignmentFacts[]> {
    return tx.query(
      `SELECT ${FACTS}, 'allow' AS effect, CASE WHEN a.group_id IS NULL THEN 'user' ELSE 'group' END AS "holderType",
              coalesce(a.user_id, a.group_id) AS "holderId"
         FROM eligible_assignments a WHERE a.user_id = $1 OR a.group_id = ANY ($2::uuid[])`,
      [userId, groupIds],
    );
  }

  /** What a user's programs are allowed; what they are denied is another matter for each of them. */
  findAllowedToProgramsOf(tx: Transaction, userId: string): Promise<AssignmentFacts[]> {
    return tx.query(
      `SELECT ${FACTS}, a.effect, 'service_account' AS "holderType", s.id AS "holderId"
         FROM service_accounts s JOIN role_assignments a ON a.service_account_id = s.id
        WHERE s.owner_user_id = $1 AND s.status = 'active' AND a.effect = 'allow'`,
      [userId],
    );
  }

  /** What anybody of a tenant is allowed or may activate, now or later, each once. @param tenantId tenants.id */
  async findOfTenant(
    tx: Transaction,
    tenantId: string,
  ): Promise<{ roleId: string; scope: string; validUntil: Date | null }[]> {
    return tx.query(
      `WITH given AS (
         SELECT user_id, group_id, service_account_id, role_id, scope, valid_until FROM role_assignments WHERE effect = 'allow'
         UNION ALL
         SELECT user_id, group_id, NULL, role_id, scope, valid_until FROM eligible_assignments
       )
       SELECT DISTINCT a.role_id AS "roleId", a.scope, a.valid_until AS "validUntil" FROM given a
        WHERE (a.valid_until IS NULL OR a.valid_until > now())
          AND (EXISTS (SELECT FROM users u WHERE u.id = a.user_id AND u.tenant_id = $1 AND u.status = 'active')
            OR EXISTS (SELECT FROM groups g WHERE g.id = a.group_id AND g.tenant_id = $1)
            OR EXISTS (SELECT FROM service_accounts s WHERE s.id = a.service_account_id AND s.tenant_id = $1 AND s.status = 'active'))`,
      [tenantId],
    );
  }

  /**
   * Active users who can and may sign in and have the role, or one that inherits from it, themselves, everywhere and without an end, and
   * are denied nothing anywhere, now or later. As an account without an object id nobody can sign in.
   *
   * @param roleName a role that holds every permission there is, so that any denial takes from it
   * @returns users.id and their tenants.id
   */
  findStandingHolders(tx: Transaction, roleName: string): Promise<{ id: string; tenantId: string }[]> {
    return tx.query(
      `WITH RECURSIVE bringing (id) AS (
         SELECT id FROM roles WHERE name = $1
         UNION SELECT p.role_id FROM bringing b JOIN role_parents p ON p.parent_role_id = b.id
       ), ${DENYING}
       SELECT DISTINCT u.id, u.tenant_id AS "tenantId"
         FROM role_assignments a JOIN users u ON u.id = a.user_id AND u.status = 'active' AND u.object_id IS NOT NULL
           JOIN tenants t ON t.id = u.tenant_id AND t.sign_in_allowed
        WHERE a.role_id IN (SELECT id FROM bringing) AND a.effect = 'allow' AND a.scope = '/'
          AND a.valid_until IS NULL AND a.valid_from <= now()
          AND NOT EXISTS (SELECT 1 FROM role_assignments d WHERE d.user_id = u.id AND ${IS_STANDING_DENIAL})
          AND NOT EXISTS (
            SELECT 1 FROM group_members m JOIN groups g ON g.id = m.group_id
              JOIN role_assignments d ON d.group_id = g.id
             WHERE (m.user_id = u.id OR (m.object_id = u.object_id AND g.tenant_id = u.tenant_id)) AND ${IS_STANDING_DENIAL})`,
      [roleName],
    );
  }

  /** Whether being a member of the group denies somebody anything, now or later. */
  async groupDenies(tx: Transaction, groupId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `WITH RECURSIVE ${DENYING} SELECT 1 FROM role_assignments d WHERE d.group_id = $1 AND ${IS_STANDING_DENIAL} LIMIT 1`,
      [groupId],
    );
    return rows.length > 0;
  }
}
